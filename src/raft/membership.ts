import type { Index, NodeId } from '../base/flavor.ts';
import { type Configuration, NO_CONFIGURATION } from './configuration.ts';
import { committedIndex, voteOutcome } from './quorum.ts';
import type { VoteOutcome } from './quorum.ts';

/**
 * Who counts. Every decision that needs a majority asks here and nowhere else: elections, commits,
 * rounds of reads, and whether a leader is still heard.
 *
 * In the joint phase of a change two majorities are needed, one of the new voters and one of the
 * outgoing ones (thesis, section 4.3). Learners never count, and neither does whoever asks, unless
 * it is a voter itself: a leader that is on its way out leads on without its own vote (thesis, 4.2.2).
 */
export class Membership {
  readonly configuration: Configuration;
  /** The groups of which each must agree: one, or two in a joint phase; none if nobody is known. */
  readonly #sides: readonly (readonly NodeId[])[];

  constructor(configuration: Configuration = NO_CONFIGURATION) {
    this.configuration = configuration;
    this.#sides = [configuration.voters, configuration.outgoing].filter((side) => side.length > 0);
  }

  /** With or without a vote. */
  has(id: NodeId): boolean {
    return this.configuration.members.has(id);
  }

  isVoter(id: NodeId): boolean {
    return this.#sides.some((side) => side.includes(id));
  }

  /** Everyone but `id`: they all get the log. */
  peersOf(id: NodeId): readonly NodeId[] {
    return [...this.configuration.members.keys()].filter((member) => member !== id);
  }

  /** Everyone with a vote but `id`. */
  votersBut(id: NodeId): readonly NodeId[] {
    return this.peersOf(id).filter((member) => this.isVoter(member));
  }

  /** The highest number that a majority, or each of two, has reached, given each one's own. */
  reachedByMajority(reached: (id: NodeId) => number): Index {
    let lowest: number | undefined;
    for (const side of this.#sides) {
      const index = committedIndex(side.map((id) => reached(id)));
      if (lowest === undefined || index < lowest) lowest = index;
    }
    return lowest ?? 0;
  }

  isMajority(includes: (id: NodeId) => boolean): boolean {
    return this.#decided((id) => includes(id)) === 'won';
  }

  voteOutcome(votes: ReadonlyMap<NodeId, boolean>): VoteOutcome {
    return this.#decided((id) => votes.get(id));
  }

  /** Every side must be won, and one that is lost loses all. */
  #decided(vote: (id: NodeId) => boolean | undefined): VoteOutcome {
    const outcomes = this.#sides.map((side) => voteOutcome(side.map((id) => vote(id))));
    if (outcomes.length === 0 || outcomes.includes('lost')) return 'lost';
    return outcomes.includes('open') ? 'open' : 'won';
  }
}
