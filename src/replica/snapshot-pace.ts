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

  advance(nowMs: number): void {
    const passedMs = nowMs - (this.#atMs ?? nowMs);
    this.#atMs = nowMs;
    const savedMax = (this.#bytesPerSecond * SAVED_MS) / 1000;
    this.#bytes = Math.min(savedMax, this.#bytes + (this.#bytesPerSecond * passedMs) / 1000);
  }

  spend(bytes: number): void {
    this.#bytes -= bytes;
  }
}
