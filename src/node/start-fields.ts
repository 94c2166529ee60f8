import type { Restored } from '../replica/restored.ts';
import type { NodeConfig } from './config.ts';
import type { LogFields } from './event-log.ts';

/** What a node says of itself when it starts. */
export function startFields(
  { id, clusterId, version, directory, members }: NodeConfig,
  address: string,
  restored: Restored | undefined,
): LogFields {
  return {
    node: id,
    cluster: clusterId,
    version,
    pid: process.pid,
    address,
    members: members.map((member) => `${member.id}=${member.address}`).join(','),
    directory,
    term: restored?.hardState.term,
    lastIndex: restored?.entries.at(-1)?.index ?? restored?.base.index,
    appliedIndex: restored?.applied.index,
  };
}
