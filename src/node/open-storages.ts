import { join } from 'node:path';
import { StoreError } from '../base/errors.ts';
import { acquireDirectoryLock } from '../storage/directory-lock.ts';
import {
  checkIdentity,
  drawIncarnation,
  type Identity,
  readIdentity,
  writeIdentity,
} from '../storage/identity.ts';
import { LogStore } from '../storage/log/log-store.ts';
import { LevelState } from '../storage/state/level-state.ts';
import { msgpackCodec } from '../wire/msgpack-codec.ts';
import type { NodeConfig } from './config.ts';
import type { NodeStorages } from './storages.ts';

/**
 * The storages of a data directory, which is made if it is not there: `identity.json`, `log/` and
 * `state/`, under one lock.
 *
 * @throws StoreError DIRECTORY_LOCKED, DIRECTORY_MISMATCH, MEMBER_REMOVED, CONFIG_INVALID, DISK_FULL,
 *   DISK_FAILED
 */
export async function openStorages(config: NodeConfig): Promise<NodeStorages> {
  const { directory } = config;
  const lock = await acquireDirectoryLock(directory);
  try {
    const identity = (await readIdentity(directory)) ?? (await makeIdentity(config));
    checkIdentity(directory, identity, config.clusterId, config.id);
    checkPlace(identity);
    checkMembers(config, identity);
    return {
      identity,
      // A formed node without a log has lost what it promised.
      log: new LogStore({
        directory: join(directory, 'log'),
        segmentBytes: config.limits.logSegmentBytes,
        create: identity.peers === undefined,
      }),
      state: new LevelState({ directory: join(directory, 'state'), codec: msgpackCodec }),
      saveIdentity: (formed) => writeIdentity(directory, formed),
      release: () => lock.release(),
    };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

async function makeIdentity({ directory, clusterId, id, members }: NodeConfig): Promise<Identity> {
  if (!members.some((member) => member.id === id)) {
    throw new StoreError('CONFIG_INVALID', `members: ${directory} is new: name all nodes of the new cluster`);
  }
  const identity: Identity = {
    clusterId,
    nodeId: id,
    incarnation: drawIncarnation(),
    peers: undefined,
    joined: undefined,
    removed: false,
  };
  await writeIdentity(directory, identity);
  return identity;
}

function checkPlace({ clusterId, nodeId, removed }: Identity): void {
  if (!removed) return;
  throw new StoreError(
    'MEMBER_REMOVED',
    `node ${nodeId} was removed from cluster ${JSON.stringify(clusterId)}`,
  );
}

/** A cluster keeps the members with which it was formed. */
function checkMembers({ directory, members }: NodeConfig, { nodeId, peers, joined }: Identity): void {
  if (peers === undefined || joined !== undefined) return;
  const given = members.map(({ id }) => id).toSorted((left, right) => left - right);
  const known = [nodeId, ...peers.keys()].toSorted((left, right) => left - right);
  if (given.join(',') === known.join(',')) return;
  const message = `members: the cluster of ${directory} was formed with nodes ${known.join(', ')}, not ${given.join(', ')}`;
  throw new StoreError('CONFIG_INVALID', message);
}
