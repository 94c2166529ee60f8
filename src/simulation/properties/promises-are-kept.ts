import type { NodeId, Term } from '../../base/flavor.ts';
import type { RaftInspection } from '../../raft/inspection.ts';
import type { Message } from '../../raft/message.ts';
import { claim } from '../violation.ts';
import { type ClusterView, isQuorum, keyInTerm, type Property, type TurnView } from './property.ts';

/** That a node elects nobody… */
interface Promised {
  /** …until then, by its own clock… */
  readonly untilMs: number;
  /** …in a later term: in this one there is a leader, whatever votes for it are told once more. */
  readonly term: Term;
}

const NOTHING_PROMISED: Promised = { untilMs: 0, term: 0 };

/**
 * Whoever answered a leader that it will elect nobody for so long elects nobody, itself included, until
 * then by its own clock, also if it was restarted meanwhile (thesis, section 6.4.1): but for one to whom
 * a leader hands over. What leases rest on, looked at when the vote leaves, by whatever clocks the
 * others have. And while a leader holds its lease, a majority is bound by such promises, as long as the
 * clocks keep within their bound: whether anybody else is elected meanwhile need not be waited for.
 */
export class PromisesAreKept implements Property {
  readonly name = 'promises are kept';
  readonly #promises = new Map<NodeId, Promised>();
  /** What its clock said when its process began: what it says in messages counts from there. */
  readonly #begunMs = new Map<NodeId, number>();
  /** By candidate and term: a leader told it to stand. */
  readonly #handedTo = new Set<number>();
  readonly #areClocksBound: () => boolean;

  /** @param areClocksBound whether the clocks have kept within their bound for as long as a lease may last */
  constructor(areClocksBound: () => boolean) {
    this.#areClocksBound = areClocksBound;
  }

  restarted(id: NodeId): void {
    this.#begunMs.delete(id);
  }

  afterTurn({ id, raft, output, cluster }: TurnView): void {
    const begunMs = this.#begunMs.get(id) ?? cluster.nowMs(id);
    this.#begunMs.set(id, begunMs);
    for (const message of output.send) {
      if (message.kind === 'heartbeat-response')
        this.#promise(id, { untilMs: begunMs + message.clockMs + message.promiseMs, term: message.term });
      if (message.kind === 'vote-request' && message.transfer)
        this.#handedTo.add(keyInTerm(id, message.term));
      const candidate = candidateOf(message);
      if (candidate === undefined || this.#handedTo.has(keyInTerm(candidate, message.term))) continue;
      const nowMs = cluster.nowMs(id);
      const { untilMs, term } = this.#promiseOf(id);
      claim(
        nowMs >= untilMs || message.term <= term,
        this.name,
        () =>
          `node ${id} is for node ${candidate} in term ${message.term}, ${untilMs - nowMs} ms before its promise to elect nobody ends`,
      );
    }
    // Its own promise no longer binds one that was elected: those of a majority have run out.
    if (raft.role !== 'leader') return;
    this.#promises.delete(id);
    if (cluster.holdsLease(id) && this.#areClocksBound()) this.#checkLease(raft, cluster);
  }

  #checkLease({ id, term, configuration }: RaftInspection, cluster: ClusterView): void {
    const { voters, outgoing } = configuration;
    // Promises begin at whole ms, rounded down.
    const bound = [...voters, ...outgoing].filter(
      (voter) => voter === id || cluster.nowMs(voter) < this.#promiseOf(voter).untilMs + 1,
    );
    claim(
      isQuorum(configuration, bound),
      this.name,
      () => `node ${id} holds its lease in term ${term}, and only ${bound.join(', ')} will elect nobody`,
    );
  }

  #promise(id: NodeId, { untilMs, term }: Promised): void {
    this.#promises.set(id, { untilMs: Math.max(untilMs, this.#promiseOf(id).untilMs), term });
  }

  #promiseOf(id: NodeId): Promised {
    return this.#promises.get(id) ?? NOTHING_PROMISED;
  }
}

/** For whom it speaks, if it is a vote. */
function candidateOf(message: Message): NodeId | undefined {
  if (message.kind === 'vote-request') return message.from;
  return message.kind === 'vote-response' && message.granted ? message.to : undefined;
}
