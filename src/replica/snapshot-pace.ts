/** What was not used for longer than this does not come on top later. */
const SAVED_MS = 50;

/** Spreads a number of bytes evenly over each second: a token bucket that may go into debt. */
export class SnapshotPace {
  readonly #bytesPerSecond: number;
  #atMs: number | undefined;
  #bytes = 0;

  constructor(bytesPerSecond: number) {
    this.#bytesPerSecond = bytesPerSecond;
  }

  /** Something may be sent now. */
  get isOpen(): boolean {
    return this.#bytes >= 0;
  }

  /** Time has passed, of which `share` counts. */
  advance(nowMs: number, share: number): void {
    const passedMs = nowMs - (this.#atMs ?? nowMs);
    this.#atMs = nowMs;
    const bytesPerMs = (this.#bytesPerSecond * share) / 1000;
    this.#bytes = Math.min(bytesPerMs * SAVED_MS, this.#bytes + bytesPerMs * passedMs);
  }

  spend(bytes: number): void {
    this.#bytes -= bytes;
  }
}
