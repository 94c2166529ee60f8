import type { NodeId, Term } from '../../base/flavor.ts';
import { claim } from '../violation.ts';
import type { Property, TurnView } from './property.ts';

/** A node votes for at most one candidate in a term, whatever happens to it in between (Raft paper, section 5.2). */
export class OneVotePerTerm implements Property {
  readonly name = 'one vote per term';
  readonly #votes = new Map<NodeId, Map<Term, NodeId>>();

  afterTurn({ id, raft, output }: TurnView): void {
    if (raft.role === 'leader') this.#vote(id, raft.term, id);
    for (const message of output.send) {
      if (message.kind === 'vote-response' && message.granted) this.#vote(id, message.term, message.to);
    }
  }

  #vote(voter: NodeId, term: Term, candidate: NodeId): void {
    let votes = this.#votes.get(voter);
    if (votes === undefined) this.#votes.set(voter, (votes = new Map<Term, NodeId>()));
    const earlier = votes.get(term);
    claim(
      earlier === undefined || earlier === candidate,
      this.name,
      () => `node ${voter} voted for ${earlier} and for ${candidate} in term ${term}`,
    );
    votes.set(term, candidate);
  }
}
