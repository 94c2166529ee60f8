import { assert } from '../base/assert.ts';
import type { Now } from './input.ts';

/**
 * The time that a leader stamps on commands. It goes on from the last stamp in the log and advances
 * with the leader's monotonic clock, so it never goes back, no jump of a wall clock moves it, and
 * the time without a leader does not count: a TTL is never cut short, only extended.
 */
export class LogClock {
  readonly #baseMs: number;
  readonly #startedMs: number;
  #lastMs: number;

  /** @param baseMs the last stamp in the log */
  constructor(baseMs: number, now: Now) {
    this.#baseMs = baseMs;
    this.#startedMs = now.monotonicMs;
    this.#lastMs = baseMs;
  }

  /** Log time in whole ms. */
  stamp(now: Now): number {
    const stampMs = this.#baseMs + Math.floor(now.monotonicMs - this.#startedMs);
    assert(stampMs >= this.#lastMs, 'log time never goes back');
    this.#lastMs = stampMs;
    return stampMs;
  }
}
