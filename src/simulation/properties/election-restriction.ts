import type { NodeId, Term } from '../../base/flavor.ts';
import type { Position } from '../../raft/entry.ts';
import type { RaftInspection } from '../../raft/inspection.ts';
import type { PreVoteRequest, PreVoteResponse } from '../../raft/message.ts';
import type { Input } from '../../replica/input.ts';
import { claim } from '../violation.ts';
import { LostEntries } from './lost-entries.ts';
import { keyInTerm, type Property, type TurnView } from './property.ts';

interface Cast {
  readonly term: Term;
  readonly vote: NodeId | undefined;
  /** Where the voter's log ended; undefined if a leader of this very term may have changed it since. */
  readonly last: Position | undefined;
}

/** Who judged the log of another one, by which end of its own, and to what effect. */
interface Judged {
  readonly id: NodeId;
  readonly own: Position;
  readonly does: string;
}

/**
 * A candidate says truly where its log ends, and nobody votes for one whose log ends before the own
 * (Raft paper, section 5.4.1), nor says that it would (thesis, section 9.6). A node that found entries
 * damaged votes as if it had them, and does not stand. Looked at when the question and the vote leave:
 * whether the wrong one wins, and what is lost then, need not be waited for.
 */
export class ElectionRestriction implements Property {
  readonly name = 'election restriction';
  /** By candidate and term: where its log ends, as it says. */
  readonly #asked = new Map<number, Position>();
  /** The same for what would be, by the best log that it ever named. */
  readonly #preAsked = new Map<number, Position>();
  readonly #cast = new Map<NodeId, Cast>();
  /** Where each node's log ended before this turn. */
  readonly #ends = new Map<NodeId, Position>();
  readonly #lost = new LostEntries();

  afterTurn(turn: TurnView): void {
    const { id, raft, inputs, output } = turn;
    this.#lost.afterTurn(turn);
    this.#noteVote(raft, inputs);
    for (const message of output.send) {
      if (message.kind === 'pre-vote-request') this.#notePreVote(message);
      if (message.kind === 'vote-request') {
        this.#asked.set(keyInTerm(id, message.term), message.last);
        if (raft.role === 'candidate' && raft.term === message.term) this.#checkClaim(raft, message.last);
      }
      if (message.kind === 'vote-response' && message.granted) this.#checkVote(id, message.to, message.term);
      if (message.kind === 'pre-vote-response' && message.granted) this.#checkPreVote(id, inputs, message);
    }
    this.#ends.set(id, lastOf(raft));
  }

  restarted(id: NodeId, raft: RaftInspection): void {
    this.#cast.delete(id);
    this.#ends.set(id, lastOf(raft));
    this.#lost.restarted({ id, raft });
  }

  #noteVote(raft: RaftInspection, inputs: readonly Input[]): void {
    const { id, term, vote } = raft;
    const before = this.#cast.get(id);
    if (before?.term === term && before.vote === vote) return;
    const isPure = vote !== undefined && raft.leader === undefined && !isLed(inputs, term);
    this.#cast.set(id, { term, vote, last: isPure ? (this.#lost.endOf(id) ?? lastOf(raft)) : undefined });
  }

  #notePreVote({ from, term, last }: PreVoteRequest): void {
    const key = keyInTerm(from, term);
    const before = this.#preAsked.get(key);
    if (before === undefined || isNoOlder(last, before)) this.#preAsked.set(key, last);
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
    this.#checkUpToDate(last, { id, own: cast.last, does: `votes in term ${term} for node ${candidate}` });
  }

  /**
   * The answer may wait for the end of a promise: the question is not always among the inputs. What
   * the node gained in this very turn, because it was elected in it, it had not yet.
   */
  #checkPreVote(id: NodeId, inputs: readonly Input[], { to, term }: PreVoteResponse): void {
    const last = this.#preAsked.get(keyInTerm(to, term));
    const own = this.#lost.endOf(id) ?? this.#ends.get(id);
    // A leader's words may have changed the log since.
    if (last === undefined || own === undefined || inputs.some(isFromLeader)) return;
    this.#checkUpToDate(last, { id, own, does: `would vote in term ${term} for node ${to}` });
  }

  #checkUpToDate(last: Position, { id, own, does }: Judged): void {
    claim(
      isNoOlder(last, own),
      this.name,
      () => `node ${id}, whose log ends at ${tell(own)}, ${does}, whose log ends at ${tell(last)}`,
    );
  }
}

function isNoOlder(a: Position, b: Position): boolean {
  return a.term > b.term || (a.term === b.term && a.index >= b.index);
}

/** Whether the leader of this term had something to say. */
function isLed(inputs: readonly Input[], term: Term): boolean {
  return inputs.some(
    (input) => isFromLeader(input) && input.kind === 'message' && input.message.term === term,
  );
}

/** Whether it may change a follower's log. */
function isFromLeader(input: Input): boolean {
  if (input.kind !== 'message') return false;
  return input.message.kind === 'append-request' || input.message.kind === 'snapshot-request';
}

function lastOf(raft: RaftInspection): Position {
  const index = raft.lastIndex;
  return { index, term: raft.termAt(index) ?? 0 };
}

function tell({ index, term }: Position): string {
  return `entry ${index} of term ${term}`;
}
