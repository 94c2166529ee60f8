import type { Raft } from '../raft/raft.ts';
import type { ReplicaStatus } from './input.ts';

type RaftPart =
  | 'id'
  | 'role'
  | 'term'
  | 'leader'
  | 'commitIndex'
  | 'firstIndex'
  | 'lastIndex'
  | 'damagedTo'
  | 'logBytes';

/** What of a node's status Raft knows. */
export type RaftStatus = Pick<ReplicaStatus, RaftPart>;

export function raftStatus(raft: Raft): RaftStatus {
  const { role, term, leader, commitIndex, firstIndex, lastIndex, damagedTo, logBytes } = raft;
  return {
    id: raft.inspect().id,
    role,
    term,
    leader,
    commitIndex,
    firstIndex,
    lastIndex,
    damagedTo,
    logBytes,
  };
}
