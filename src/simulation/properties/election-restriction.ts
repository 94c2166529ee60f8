import type { NodeId, Term } from '../../base/flavor.ts';
import type { Position } from '../../raft/entry.ts';
import type { RaftInspection } from '../../raft/inspection.ts';
import type { Input } from '../../replica/input.ts';
import { claim } from '../violation.ts';
import { LostEntries } from './lost-entries.ts';
import { keyInTerm, lastIndexOf, type Property, termAt, type TurnView } from './property.ts';

interface Cast {
  readonly term: Term;
  readonly vote: NodeId | undefined;
  /** Where the voter's log ended; undefined if a leader of this very term may have changed it since. */
  readonly last: Position | undefined;
}

/**
 * A candidate says truly where its log ends, and nobody votes for one whose log ends before the own
 * (Raft paper, section 5.4.1). A node that found entries damaged votes as if it had them, and does not
 * stand. Looked at when the question and the vote leave: whether the wrong one wins, and what is lost
 * then, need not be waited for.
 */
export class ElectionRestriction implements Property {
  readonly name = 'election restriction';
  /** By candidate and term: where its log ends, as it says. */
  readonly #asked = new Map<number, Position>();
  readonly #cast = new Map<NodeId, Cast>();
  readonly #lost = new LostEntries();

  afterTurn({ id, raft, inputs, output }: TurnView): void {
    this.#lost.afterTurn({ id, raft, output });
    this.#noteVote(raft, inputs);
    for (const message of output.send) {
      if (message.kind === 'vote-request') {
        this.#asked.set(keyInTerm(id, message.term), message.last);
        if (raft.role === 'candidate' && raft.term === message.term) this.#checkClaim(raft, message.last);
      }
      if (message.kind === 'vote-response' && message.granted) this.#checkVote(id, message.to, message.term);
    }
  }

  restarted(id: NodeId, raft: RaftInspection): void {
    this.#cast.delete(id);
    this.#lost.restarted({ id, raft });
  }

  #noteVote(raft: RaftInspection, inputs: readonly Input[]): void {
    const { id, term, vote } = raft;
    const before = this.#cast.get(id);
    if (before?.term === term && before.vote === vote) return;
    const isPure = vote !== undefined && raft.leader === undefined && !isLed(inputs, term);
    this.#cast.set(id, { term, vote, last: isPure ? (this.#lost.endOf(id) ?? lastOf(raft)) : undefined });
  }

  #checkClaim(raft: RaftInspection, told: Position): void {
    const last = this.#lost.endOf(raft.id) ?? lastOf(raft);
    claim(
      told.index === last.index && told.term === last.term,
      this.name,
      () =>
        `node ${raft.id} asks for votes with a log up to ${tell(told)}, in term ${raft.term}; it ends at ${tell(last)}`,
    );
  }

  #checkVote(id: NodeId, candidate: NodeId, term: Term): void {
    const cast = this.#cast.get(id);
    const last = this.#asked.get(keyInTerm(candidate, term));
    if (cast?.term !== term || cast.vote !== candidate || cast.last === undefined || last === undefined)
      return;
    const own = cast.last;
    claim(
      last.term > own.term || (last.term === own.term && last.index >= own.index),
      this.name,
      () =>
        `node ${id}, whose log ends at ${tell(own)}, votes in term ${term} for node ${candidate}, whose log ends at ${tell(last)}`,
    );
  }
}

/** Whether the leader of this term had something to say. */
function isLed(inputs: readonly Input[], term: Term): boolean {
  return inputs.some(
    (input) =>
      input.kind === 'message' &&
      input.message.term === term &&
      (input.message.kind === 'append-request' || input.message.kind === 'snapshot-request'),
  );
}

function lastOf(raft: RaftInspection): Position {
  const index = lastIndexOf(raft);
  return { index, term: termAt(raft, index) ?? 0 };
}

function tell({ index, term }: Position): string {
  return `entry ${index} of term ${term}`;
}
