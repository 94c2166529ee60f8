import type { Now } from '../replica/input.ts';

/** A node's clocks: they start anywhere, run too fast or too slow, and the wall clock jumps. */
export class NodeClock {
  #sinceUs = 0;
  #monotonicMs: number;
  #wallOffsetMs: number;
  #rate = 1;
  #slowest = 1;

  constructor(monotonicMs: number, wallOffsetMs: number) {
    this.#monotonicMs = monotonicMs;
    this.#wallOffsetMs = wallOffsetMs;
  }

  get rate(): number {
    return this.#rate;
  }

  /** The lowest rate it ever had. */
  get slowest(): number {
    return this.#slowest;
  }

  now(nowUs: number): Now {
    const monotonicMs = this.#monotonicMs + ((nowUs - this.#sinceUs) * this.#rate) / 1000;
    return { monotonicMs, wallMs: Math.floor(this.#wallOffsetMs + monotonicMs) };
  }

  /** From now on, one second of virtual time takes `rate` seconds here. */
  drift(nowUs: number, rate: number): void {
    this.#monotonicMs = this.now(nowUs).monotonicMs;
    this.#sinceUs = nowUs;
    this.#rate = rate;
    this.#slowest = Math.min(this.#slowest, rate);
  }

  jumpWall(byMs: number): void {
    this.#wallOffsetMs += byMs;
  }
}
