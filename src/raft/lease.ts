import type { NodeId } from '../base/flavor.ts';
import { ClockRates } from './clock-rates.ts';
import type { RaftConfig } from './config.ts';
import type { HeartbeatResponse } from './message.ts';

/** Whose promises a lease needs. */
interface Voters {
  /** The highest number that a majority has reached (of each of the two, in a joint configuration). */
  reachedByMajority(reached: (id: NodeId) => number): number;
}

/**
 * The leader's lease (thesis, section 6.4.1): while a majority has promised to elect nobody, nothing
 * can be committed that this leader does not know, and a read needs no round of heartbeats.
 *
 * A heartbeat bears the time at which it was sent, by the leader's monotonic clock; whoever answers
 * has promised not to vote for `promiseMs` from when it came, by its own. So for the leader the promise
 * lasts at least until `sent + promiseMs * (1 - clockDriftMax)`, if the one thing holds on which a
 * lease rests: between a voter's clock and the leader's, the voter's runs at most 1 / (1 - clockDriftMax)
 * times as fast, and neither stands still (CLOCK_MONOTONIC goes on while a process is stopped, but
 * not while a virtual machine is suspended).
 *
 * Where that can be seen not to hold there is no lease: when a voter's clock runs too fast, and after
 * a pause of this process until new promises come. A transfer ends the lease for the rest of the term:
 * the votes for the new leader need not wait for any promise.
 */
export class Lease {
  readonly #driftMax: number;
  readonly #pauseMs: number;
  readonly #rates: ClockRates;
  /** By the leader's clock: until when each voter will elect nobody. */
  readonly #promisedUntilMs = new Map<NodeId, number>();
  /** Answers to what was sent before count no more. Whole ms, like the times in messages. */
  #sinceMs: number;
  #lastTurnMs: number;
  #isGivenUp = false;

  constructor(config: RaftConfig, nowMs: number) {
    const { clockDriftMax, electionTicksMin, heartbeatTicks, tickMs } = config;
    this.#driftMax = clockDriftMax;
    this.#pauseMs = Math.min(electionTicksMin, 2 * heartbeatTicks + 2) * tickMs;
    this.#rates = new ClockRates(clockDriftMax, electionTicksMin * tickMs);
    this.#sinceMs = Math.floor(nowMs);
    this.#lastTurnMs = nowMs;
  }

  /** A turn begins. One that is long overdue tells of a pause. */
  turn(nowMs: number): void {
    if (nowMs - this.#lastTurnMs > this.#pauseMs) {
      this.#promisedUntilMs.clear();
      this.#sinceMs = Math.floor(nowMs);
    }
    this.#lastTurnMs = nowMs;
  }

  /** A voter answered a heartbeat of this term. */
  answered(response: HeartbeatResponse, nowMs: number): void {
    if (this.#driftMax === 0) return;
    const { from, sentMs, clockMs, promiseMs } = response;
    this.#rates.observe(from, { afterMs: sentMs, beforeMs: nowMs, theirsMs: clockMs });
    if (sentMs < this.#sinceMs) return;
    const untilMs = sentMs + promiseMs * (1 - this.#driftMax);
    this.#promisedUntilMs.set(from, Math.max(untilMs, this.#promisedUntilMs.get(from) ?? 0));
  }

  /** For the rest of the term: another node is asked to lead. */
  giveUp(): void {
    this.#isGivenUp = true;
  }

  /** Whether this leader, `self`, is surely the only one now. */
  isHeld(self: NodeId, voters: Voters, nowMs: number): boolean {
    if (this.#driftMax === 0 || this.#isGivenUp) return false;
    const untilMs = voters.reachedByMajority((id) => {
      if (id === self) return Number.MAX_SAFE_INTEGER;
      return this.#rates.isFast(id) ? 0 : (this.#promisedUntilMs.get(id) ?? 0);
    });
    return nowMs < untilMs;
  }
}
