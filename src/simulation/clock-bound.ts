import type { NodeClock } from './node-clock.ts';

/**
 * Whether the clocks of a cluster keep within what leases allow: between no two of them the rates
 * differ by more. Where they did, leases that were taken meanwhile promise nothing until they have
 * run out.
 */
export class ClockBound {
  readonly #clocks: NodeClock[];
  readonly #driftMax: number;
  readonly #leaseUs: number;
  #isBeyond = false;
  #beyondUntilUs = 0;

  /** @param leaseMs the longest lease, by any of the clocks */
  constructor(clocks: readonly NodeClock[], driftMax: number, leaseMs: number) {
    this.#clocks = [...clocks];
    this.#driftMax = driftMax;
    this.#leaseUs = leaseMs * 1000;
  }

  /** It runs at the rate of virtual time. */
  added(clock: NodeClock): void {
    this.#clocks.push(clock);
  }

  /** The rate of a clock has changed. */
  changed(nowUs: number): void {
    if (this.#driftMax === 0) return;
    const rates = this.#clocks.map(({ rate }) => rate);
    const slowest = Math.min(...rates);
    if (this.#isBeyond) this.#beyondUntilUs = nowUs + this.#leaseUs / slowest;
    this.#isBeyond = slowest < Math.max(...rates) * (1 - this.#driftMax) * (1 - ROUNDING);
  }

  /** What is promised of leases counts. */
  holds(nowUs: number): boolean {
    return !this.#isBeyond && nowUs >= this.#beyondUntilUs;
  }
}

const ROUNDING = 1e-9;
