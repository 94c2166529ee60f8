/** Waits that double up to a limit, each shortened by chance, so that many clients do not come back at once. */
export class Backoff {
  readonly #minMs: number;
  readonly #maxMs: number;
  #attempts = 0;

  constructor(minMs: number, maxMs: number) {
    this.#minMs = minMs;
    this.#maxMs = Math.max(minMs, maxMs);
  }

  /** The next wait, in ms: between a half and the whole of the doubled one. */
  nextMs(): number {
    const whole = Math.min(this.#maxMs, this.#minMs * 2 ** Math.min(this.#attempts, 20));
    this.#attempts++;
    return whole / 2 + (Math.random() * whole) / 2;
  }

  reset(): void {
    this.#attempts = 0;
  }
}
