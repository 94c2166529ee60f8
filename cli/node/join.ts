import { StoreError } from '../../src/base/errors.ts';
import type { Client } from '../../src/client/client.ts';
import type { EventLog } from '../../src/node/event-log.ts';
import type { Identity } from '../../src/storage/identity.ts';
import type { NodeFlags } from './options.ts';
import { addressFrom } from './settings.ts';

/**
 * Who this directory says that the node is. With --join, an empty directory gets a place in the
 * cluster; one that has a place keeps it, so that the flag may stay in a service file.
 *
 * @throws StoreError whatever asking the cluster throws; CONFIG_INVALID, DIRECTORY_MISMATCH, DIRECTORY_LOCKED
 */
export async function identityOf(flags: NodeFlags, log: EventLog): Promise<Identity | undefined> {
  const { readIdentity } = await import('../../src/storage/identity.ts');
  const found = await readIdentity(flags.dir);
  if (found !== undefined || flags.join === undefined) return found;
  const address = addressFrom(flags);
  if (address === undefined) {
    throw new StoreError(
      'CONFIG_INVALID',
      '--join needs --port or --address: where the others find this node',
    );
  }
  return join(flags, flags.join, address, log);
}

async function join(flags: NodeFlags, endpoints: string, address: string, log: EventLog): Promise<Identity> {
  const { connect } = await import('../../src/client/client.ts');
  const { joinDirectory } = await import('../../src/node/join-directory.ts');
  const { clusterId, dir, replace: replaces, learner = false, joinTimeout } = flags;
  const client = connect(endpoints, {
    name: 'kvorum node --join',
    timeoutMs: joinTimeout,
  });
  log.info('joining', { endpoints, address, replaces });
  try {
    if (clusterId !== undefined) await requireCluster(client, clusterId);
    return await joinDirectory({
      directory: dir,
      address,
      wantsVote: !learner,
      replaces,
      ask: (incarnation) => client.members.join({ address, incarnation, replaces }),
    });
  } finally {
    await client.close();
  }
}

/** Not to look for that cluster for as long as one may wait for a leader. */
async function requireCluster(client: Client, clusterId: string): Promise<void> {
  for (const report of await client.statusAll()) {
    if (!('status' in report) || report.status.clusterId === clusterId) continue;
    const { clusterId: found } = report.status;
    throw new StoreError('CLUSTER_MISMATCH', `${report.endpoint} is of cluster ${JSON.stringify(found)}`);
  }
}
