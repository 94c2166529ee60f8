import type { NodeId } from '../src/base/flavor.ts';
import type { NodeStatus } from '../src/wire/client-frames.ts';
import type { ProcessState } from './process-identity.ts';

/** How one node stands, seen from outside and in its own words. */
export interface NodeReport {
  readonly id: NodeId;
  /** `host:port` */
  readonly address: string;
  readonly process: ProcessState;
  /** Undefined when it has no process. */
  readonly pid: number | undefined;
  /** Undefined when it does not answer. */
  readonly status: NodeStatus | undefined;
}

/**
 * The leader of the highest term, if a majority of the nodes says it follows that one. A deposed
 * leader that does not know it yet has an older term, or no majority.
 */
export function reportedLeader(reports: readonly NodeReport[]): NodeId | undefined {
  const leaders = reports.filter(({ status }) => status?.role === 'leader');
  const newest = leaders.toSorted((a, b) => (b.status?.term ?? 0) - (a.status?.term ?? 0))[0];
  if (newest?.status === undefined) return undefined;
  const { term } = newest.status;
  const followers = reports.filter(({ status }) => status?.leader === newest.id && status.term === term);
  return followers.length * 2 > reports.length ? newest.id : undefined;
}
