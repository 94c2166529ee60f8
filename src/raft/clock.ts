import { assert } from '../base/assert.ts';

/**
 * The node's monotonic clock, as far as it was told: ms since this node started. It stands still
 * between two tellings, so what is read from it is never later than the truth.
 *
 * A node that is never told the time takes a tick for what it should be.
 */
export class Clock {
  readonly #tickMs: number;
  #nowMs = 0;
  /** What the outer clock said at the first telling, less what had passed here. */
  #originMs: number | undefined;

  constructor(tickMs: number) {
    this.#tickMs = tickMs;
  }

  get nowMs(): number {
    return this.#nowMs;
  }

  /** The time here when the outer clock says this. */
  at(monotonicMs: number): number {
    return this.#originMs === undefined ? this.#nowMs : monotonicMs - this.#originMs;
  }

  /** @param monotonicMs of any zero; never less than before */
  tell(monotonicMs: number): void {
    const nowMs = this.at(monotonicMs);
    this.#originMs ??= monotonicMs - this.#nowMs;
    assert(nowMs >= this.#nowMs, 'a monotonic clock never goes back');
    this.#nowMs = nowMs;
  }

  tick(): void {
    if (this.#originMs === undefined) this.#nowMs += this.#tickMs;
  }
}
