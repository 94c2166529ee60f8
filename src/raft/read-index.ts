import type { Index, NodeId } from '../base/flavor.ts';

/** A read of this node, or of another one that asked. */
export interface WaitingRead {
  readonly id: number;
  /** Undefined: this node. */
  readonly asker: NodeId | undefined;
}

export interface ConfirmedRead extends WaitingRead {
  readonly index: Index;
}

interface Round {
  readonly round: number;
  readonly index: Index;
  readonly reads: readonly WaitingRead[];
}

/**
 * Linearizable reads without a log entry (thesis, section 6.4).
 *
 * A leader may have been deposed without knowing. So a read takes the commit index, and then waits
 * until a majority has answered a heartbeat that was sent after: whoever answers in this term had not
 * yet joined a newer one, so no newer leader had committed anything when the read began. All reads
 * that wait when a turn ends share one such round, and an answer to a round answers all before it.
 *
 * Before a leader has committed an entry of its own term its commit index may lie behind what its
 * predecessor acknowledged; reads wait for that entry first (thesis, section 6.4, step 1).
 */
export class ReadRounds {
  #waiting: WaitingRead[] = [];
  readonly #rounds: Round[] = [];
  #newest = 0;
  #count = 0;

  /** Reads that wait, in a round or for one. */
  get count(): number {
    return this.#count;
  }

  /** Whether some read waits for a round to begin. */
  get isRoundDue(): boolean {
    return this.#waiting.length > 0;
  }

  /** The newest round; every answer to it confirms all before. */
  get newest(): number {
    return this.#newest;
  }

  /** What a heartbeat asks to be confirmed: 0 when no read waits. */
  get asked(): number {
    return this.#rounds.length > 0 ? this.#newest : 0;
  }

  add(id: number, asker?: NodeId): void {
    this.#waiting.push({ id, asker });
    this.#count += 1;
  }

  /** All reads that wait form a round. `commitIndex` covers everything that was acknowledged before they came. */
  open(commitIndex: Index): void {
    this.#newest += 1;
    this.#rounds.push({ round: this.#newest, index: commitIndex, reads: this.#waiting });
    this.#waiting = [];
  }

  /** A majority has confirmed every round up to this one. */
  confirm(upTo: number): readonly ConfirmedRead[] {
    const ready: ConfirmedRead[] = [];
    let confirmed = 0;
    for (const { round, index, reads } of this.#rounds) {
      if (round > upTo) break;
      for (const { id, asker } of reads) ready.push({ id, asker, index });
      confirmed += 1;
    }
    this.#rounds.splice(0, confirmed);
    this.#count -= ready.length;
    return ready;
  }

  /** Leadership is lost: every read of this node that waits, in the order in which they came. Others ask again. */
  abort(): readonly number[] {
    const reads = [...this.#rounds.flatMap((round) => round.reads), ...this.#waiting];
    return reads.filter(({ asker }) => asker === undefined).map(({ id }) => id);
  }
}
