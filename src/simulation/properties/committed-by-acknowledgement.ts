import type { Index, NodeId, Term } from '../../base/flavor.ts';
import type { Configuration } from '../../raft/configuration.ts';
import type { RaftInspection } from '../../raft/inspection.ts';
import { claim } from '../violation.ts';
import { type ClusterView, isQuorum, linkInTerm, type Property, type TurnView } from './property.ts';

interface Leading {
  readonly term: Term;
  readonly commitIndex: Index;
  readonly configuration: Configuration;
}

/**
 * What a leader takes a follower to hold, and what it commits, was acknowledged to it in its own
 * term: an answer of an earlier term speaks of a log that may have been cut since (CCF, commit on a
 * stale answer).
 */
export class CommittedByAcknowledgement implements Property {
  readonly name = 'committed by acknowledgement';
  readonly #leading = new Map<NodeId, Leading>();
  /** By leader, term and follower: the highest index that was acknowledged. */
  readonly #acknowledged = new Map<number, Index>();

  afterTurn({ id, raft, output, cluster }: TurnView): void {
    for (const message of output.send) {
      if (message.kind !== 'append-accepted') continue;
      const key = linkInTerm(message.to, message.term, id);
      this.#acknowledged.set(key, Math.max(this.#acknowledged.get(key) ?? 0, message.matchIndex));
    }
    const before = this.#leading.get(id);
    if (raft.role !== 'leader') {
      if (before !== undefined) this.#leading.delete(id);
      return;
    }
    const { term, commitIndex, configuration } = raft;
    this.#checkMatches(raft, cluster);
    if (before?.term === term && before.commitIndex === commitIndex && before.configuration === configuration)
      return;
    this.#leading.set(id, { term, commitIndex, configuration });
    if (before?.term !== term || before.commitIndex === commitIndex) return;
    const holders = cluster.members.filter(
      (member) => member === id || (this.#acknowledged.get(linkInTerm(id, term, member)) ?? 0) >= commitIndex,
    );
    claim(
      // A turn may commit something, and then change the configuration.
      isQuorum(configuration, holders) || isQuorum(before.configuration, holders),
      this.name,
      () =>
        `node ${id} committed entry ${commitIndex} in term ${term}, acknowledged to it only by ${holders.join(', ')}`,
    );
  }

  #checkMatches(raft: RaftInspection, { members }: ClusterView): void {
    const { id, term } = raft;
    for (const follower of members) {
      const matchIndex = raft.matchOf(follower) ?? 0;
      claim(
        matchIndex <= (this.#acknowledged.get(linkInTerm(id, term, follower)) ?? 0),
        this.name,
        () =>
          `node ${id} takes node ${follower} to hold entry ${matchIndex}, which it never said in term ${term}`,
      );
    }
  }

  restarted(id: NodeId): void {
    this.#leading.delete(id);
  }
}
