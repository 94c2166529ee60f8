import { StoreError } from '../../src/base/errors.ts';
import type { NodeConfig, NodeLimits, NodeSettings } from '../../src/node/config.ts';
import type { Identity } from '../../src/storage/identity.ts';
import { readVersion } from '../version.ts';
import type { NodeFlags } from './options.ts';

/**
 * The configuration of a node: who it is stands in its directory, if it has been there before;
 * otherwise in the flags.
 *
 * @throws StoreError CONFIG_INVALID, and whatever reading the directory throws
 */
export async function settingsFrom(flags: NodeFlags, identity: Identity | undefined): Promise<NodeConfig> {
  const { nodeConfig } = await import('../../src/node/config.ts');
  const { loadMachines } = await import('../../src/node/load-machines.ts');
  const { dir, listen, members, tickMs, valueBytesMax } = flags;
  const electionTicksMin = Math.round(flags.electionMs / tickMs);
  // Whether the names are known is for the configuration to judge.
  const limits = {
    ...flags.limit,
    ...(valueBytesMax === undefined ? {} : { valueBytesMax }),
  } as Partial<NodeLimits>;
  const id = flags.id ?? identity?.nodeId;
  const clusterId = flags.clusterId ?? identity?.clusterId;
  if (id === undefined || clusterId === undefined) throw newDirectory(dir);
  const address = addressFrom(flags) ?? addressAmong(flags, id) ?? (identity?.address || undefined);
  const settings: NodeSettings = {
    id,
    clusterId,
    directory: dir,
    version: readVersion(),
    ...(members === undefined ? {} : { members }),
    ...(address === undefined ? {} : { address }),
    ...(listen === undefined ? {} : { listen }),
    ...(flags.clockDriftMax === undefined ? {} : { clockDriftMax: flags.clockDriftMax }),
    tickMs,
    heartbeatTicks: Math.round(flags.heartbeatMs / tickMs),
    electionTicksMin,
    electionTicksMax: 2 * electionTicksMin,
    allowFaults: flags.allowFaults ?? false,
    rebuild: flags.rebuild ?? false,
    originsAllowed: flags.allowOrigin ?? [],
    machines: await loadMachines(flags.machine ?? []),
    limits,
  };
  return nodeConfig(settings);
}

/** Where the others find this node, if the flags say so. */
export function addressFrom({ address, port }: NodeFlags): string | undefined {
  return address ?? (port === undefined ? undefined : `127.0.0.1:${port}`);
}

function addressAmong({ members }: NodeFlags, id: number): string | undefined {
  return members?.find((member) => member.id === id)?.address;
}

function newDirectory(dir: string): StoreError {
  return new StoreError(
    'CONFIG_INVALID',
    `${dir} is new: give --join to join a cluster, or --id, --members and --cluster-id to form one`,
  );
}
