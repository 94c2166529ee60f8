import { assert } from '../base/assert.ts';
import type { Index, NodeId } from '../base/flavor.ts';
import { committedIndex, voteOutcome } from './quorum.ts';
import type { VoteOutcome } from './quorum.ts';

/**
 * Who counts. Every decision that needs a majority asks here and nowhere else, so that a cluster in
 * the middle of a change of its members (thesis, chapter 4), where two majorities are needed, or one
 * with members that do not vote, is a change to this file alone.
 */
export class Membership {
  readonly voters: readonly NodeId[];

  constructor(voters: readonly NodeId[]) {
    assert(voters.length > 0, 'a cluster has a member');
    assert(new Set(voters).size === voters.length, 'each member is named once');
    this.voters = voters;
  }

  has(id: NodeId): boolean {
    return this.voters.includes(id);
  }

  /** Everyone but `id`. */
  peersOf(id: NodeId): readonly NodeId[] {
    return this.voters.filter((voter) => voter !== id);
  }

  /** The highest number that a majority has reached, given each one's own. */
  reachedByMajority(reached: (id: NodeId) => number): Index {
    return committedIndex(this.voters.map((id) => reached(id)));
  }

  isMajority(includes: (id: NodeId) => boolean): boolean {
    return voteOutcome(this.voters.map((id) => includes(id))) === 'won';
  }

  voteOutcome(votes: ReadonlyMap<NodeId, boolean>): VoteOutcome {
    return voteOutcome(this.voters.map((id) => votes.get(id)));
  }
}
