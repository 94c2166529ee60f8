/**
 * How old this node's state may be at most, by its own monotonic clock. A read index that was asked for
 * at some time covers everything that was acknowledged before; once the state has applied it, the
 * state is as fresh as that time (thesis, section 6.4, from the follower's side).
 *
 * A clock may run too slow: every age is stretched by `clockDriftMax`.
 */
export class Freshness {
  readonly #stretch: number;
  #asOfMs: number | undefined;

  /** @param clockDriftMax how much the rate of a clock may be off, 0 to 1 */
  constructor(clockDriftMax: number) {
    this.#stretch = 1 / (1 - clockDriftMax);
  }

  /** The state has applied a read index that was asked for at this time. */
  confirmed(askedMs: number): void {
    this.#asOfMs = Math.max(askedMs, this.#asOfMs ?? askedMs);
  }

  /** In whole ms; undefined if nothing is known. */
  staleMs(nowMs: number): number | undefined {
    if (this.#asOfMs === undefined) return undefined;
    return Math.ceil((nowMs - this.#asOfMs) * this.#stretch);
  }
}
