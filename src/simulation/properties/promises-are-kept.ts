import type { NodeId } from '../../base/flavor.ts';
import type { Message } from '../../raft/message.ts';
import { claim } from '../violation.ts';
import { keyInTerm, type Property, type TurnView } from './property.ts';

/**
 * Whoever answered a leader that it will elect nobody for so long elects nobody, itself included, until
 * then by its own clock, also if it was restarted meanwhile (thesis, section 6.4.1): but for one to whom
 * a leader hands over. What leases rest on, looked at when the vote leaves, by whatever clocks the
 * others have.
 */
export class PromisesAreKept implements Property {
  readonly name = 'promises are kept';
  /** Until when, by its own clock, a node elects nobody. */
  readonly #untilMs = new Map<NodeId, number>();
  /** By candidate and term: a leader told it to stand. */
  readonly #handedTo = new Set<number>();

  afterTurn({ id, raft, output, cluster }: TurnView): void {
    for (const message of output.send) {
      if (message.kind === 'heartbeat-response') this.#promise(id, message.clockMs + message.promiseMs);
      if (message.kind === 'vote-request' && message.transfer)
        this.#handedTo.add(keyInTerm(id, message.term));
      const candidate = candidateOf(message);
      if (candidate === undefined || this.#handedTo.has(keyInTerm(candidate, message.term))) continue;
      const nowMs = cluster.nowMs(id);
      const untilMs = this.#untilMs.get(id) ?? 0;
      claim(
        nowMs >= untilMs,
        this.name,
        () =>
          `node ${id} is for node ${candidate} in term ${message.term}, ${untilMs - nowMs} ms before its promise to elect nobody ends`,
      );
    }
    // Its own promise no longer binds one that was elected: those of a majority have run out.
    if (raft.role === 'leader') this.#untilMs.delete(id);
  }

  #promise(id: NodeId, untilMs: number): void {
    this.#untilMs.set(id, Math.max(untilMs, this.#untilMs.get(id) ?? 0));
  }
}

/** For whom it speaks, if it is a vote. */
function candidateOf(message: Message): NodeId | undefined {
  if (message.kind === 'vote-request') return message.from;
  return message.kind === 'vote-response' && message.granted ? message.to : undefined;
}
