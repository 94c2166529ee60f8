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
import { checkDivergence } from './divergence.ts';
import { stages } from './stage-histograms.ts';
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
    const found = (await readIdentity(directory)) ?? (await makeIdentity(config));
    checkIdentity(directory, found, config.clusterId, config.id);
    checkPlace(found);
    const identity = { ...found, address: config.address };
    if (found.address !== identity.address) await writeIdentity(directory, identity);
    const distrust = await checkDivergence(directory, config);
    return {
      identity,
      // A formed node without a log has lost what it promised.
      log: new LogStore({
        directory: join(directory, 'log'),
        segmentBytes: config.limits.logSegmentBytes,
        usedSegmentsMax: config.limits.logUsedSegmentsMax,
        create: identity.peers === undefined || identity.joined?.isNew === true,
        onWritten: ({ writeMs, syncMs }) => {
          stages.took('log-write', writeMs);
          stages.took('fdatasync', syncMs);
        },
      }),
      state: new LevelState({
        directory: join(directory, 'state'),
        packing: { codec: msgpackCodec, openRecordsMax: config.limits.stateOpenRecordsMax },
        distrust,
      }),
      saveIdentity: (formed) => writeIdentity(directory, formed),
      release: () => lock.release(),
    };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

async function makeIdentity({ directory, clusterId, id, address, members }: NodeConfig): Promise<Identity> {
  if (!members.some((member) => member.id === id)) {
    throw new StoreError('CONFIG_INVALID', `members: ${directory} is new: name all nodes of the new cluster`);
  }
  const identity: Identity = {
    clusterId,
    nodeId: id,
    address,
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
