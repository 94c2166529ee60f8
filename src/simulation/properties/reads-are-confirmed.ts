import type { Index, NodeId, Term } from '../../base/flavor.ts';
import type { Configuration } from '../../raft/configuration.ts';
import type { Message } from '../../raft/message.ts';
import type { RaftInspection } from '../../raft/inspection.ts';
import type { CallerId, Consistency } from '../../replica/input.ts';
import { claim } from '../violation.ts';
import type { Ledger } from './ledger.ts';
import { isQuorum, type Property, type TurnView } from './property.ts';

/** A query as a node took it, or the question of another node as its leader took it. */
interface Asked {
  readonly consistency: Consistency;
  /** What was committed by then, by anyone. */
  readonly committed: Index;
  /** Of the node if it led; undefined: it did not. */
  readonly ledTerm: Term | undefined;
  /** Rounds of heartbeats that had begun by then. */
  readonly rounds: number;
}

/** What a leader asked of its followers, and heard, in its term. */
interface Leading {
  readonly term: Term;
  readonly configurations: Configuration[];
  rounds: number;
  /** The newest round that each has answered. */
  readonly answered: Map<NodeId, number>;
}

/**
 * How a read becomes linearizable (thesis, section 6.4): its leader has committed an entry of its own
 * term, and a majority has answered a round of heartbeats that was begun after the read came. So the
 * answer shows all that anyone had committed when the node took the query.
 */
export class ReadsAreConfirmed implements Property {
  readonly name = 'reads are confirmed';
  readonly #ledger: Ledger;
  readonly #queries = new Map<CallerId, Asked>();
  /** By the leader, the asker and the asker's id of the question. */
  readonly #questions = new Map<string, Asked>();
  readonly #leading = new Map<NodeId, Leading>();

  /** @param ledger as it was before the turn: this property comes before those that write it */
  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  afterTurn(turn: TurnView): void {
    const { raft, output } = turn;
    const leading = raft.role === 'leader' ? this.#leadingOf(raft) : undefined;
    this.#take(turn, leading);
    for (const reply of output.replies) {
      const asked = this.#queries.get(reply.caller);
      if (asked === undefined) continue;
      this.#queries.delete(reply.caller);
      if (reply.kind !== 'result') continue;
      claim(
        asked.consistency !== 'linearizable' || reply.index >= asked.committed,
        this.name,
        () =>
          `node ${raft.id} answered a read as of entry ${reply.index}; ${asked.committed} was committed before`,
      );
      this.#checkConfirmed(raft, leading, asked);
    }
    for (const message of output.send) this.#said(raft, leading, message);
  }

  restarted(id: NodeId): void {
    this.#leading.delete(id);
  }

  #leadingOf({ id, term, configuration }: RaftInspection): Leading {
    let leading = this.#leading.get(id);
    if (leading?.term !== term) {
      leading = { term, configurations: [], rounds: 0, answered: new Map() };
      this.#leading.set(id, leading);
    }
    if (leading.configurations.at(-1) !== configuration) leading.configurations.push(configuration);
    return leading;
  }

  #take({ id, raft, inputs }: TurnView, leading: Leading | undefined): void {
    for (const input of inputs) {
      if (input.kind === 'query' && input.consistency !== 'stale') {
        this.#queries.set(input.caller, this.#asked(input.consistency, leading));
      }
      if (input.kind !== 'message' || input.message.term !== raft.term || leading === undefined) continue;
      const { message } = input;
      if (message.kind === 'heartbeat-response' && message.readRound > 0) {
        const { answered } = leading;
        answered.set(message.from, Math.max(message.readRound, answered.get(message.from) ?? 0));
      }
      if (message.kind !== 'read-index-request') continue;
      const key = `${id}/${message.from}/${message.id}`;
      // A question that comes twice may be answered as it was taken first.
      if (this.#questions.get(key)?.ledTerm === leading.term) continue;
      this.#questions.set(key, this.#asked(message.lease ? 'lease' : 'linearizable', leading));
    }
  }

  #asked(consistency: Consistency, leading: Leading | undefined): Asked {
    const committed = this.#ledger.lastIndex;
    return { consistency, committed, ledTerm: leading?.term, rounds: leading?.rounds ?? 0 };
  }

  #said(raft: RaftInspection, leading: Leading | undefined, message: Message): void {
    if (leading === undefined) return;
    if (message.kind === 'heartbeat-request') leading.rounds = Math.max(leading.rounds, message.readRound);
    if (message.kind !== 'read-index-response' || message.index === undefined) return;
    const asked = this.#questions.get(`${raft.id}/${message.to}/${message.id}`);
    if (asked !== undefined) this.#checkConfirmed(raft, leading, asked);
  }

  /** Only of a node that leads since it took the read: others may have been confirmed elsewhere. */
  #checkConfirmed(
    raft: RaftInspection,
    leading: Leading | undefined,
    { consistency, ledTerm, rounds }: Asked,
  ): void {
    if (leading === undefined || ledTerm !== leading.term) return;
    const { id, term, commitIndex } = raft;
    claim(
      raft.termAt(commitIndex) === term,
      this.name,
      () => `node ${id} answered a read in term ${term}, of which it has committed nothing`,
    );
    if (consistency !== 'linearizable') return;
    const { answered, configurations } = leading;
    const holders = [id, ...answered.keys()].filter(
      (each) => each === id || (answered.get(each) ?? 0) > rounds,
    );
    claim(
      configurations.some((each) => isQuorum(each, holders)),
      this.name,
      () => `node ${id} answered a read in term ${term} that none but ${holders.join(', ')} confirmed`,
    );
  }
}
