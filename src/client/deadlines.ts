/**
 * One timer for the deadlines of many calls: it goes off at the earliest one that it knows, and the
 * sweep says when the next is due. So a call that is answered in time costs no timer of its own.
 */
export class Deadlines {
  readonly #sweep: () => number;
  #timer: NodeJS.Timeout | undefined;
  #dueMs = Infinity;

  /** @param sweep gives up what is due, and returns the earliest deadline left, or Infinity */
  constructor(sweep: () => number) {
    this.#sweep = sweep;
  }

  /** On the clock of `performance.now()`. */
  add(deadlineMs: number): void {
    if (deadlineMs >= this.#dueMs) return;
    clearTimeout(this.#timer);
    this.#dueMs = deadlineMs;
    this.#timer = setTimeout(() => this.#onDue(), Math.min(deadlineMs - performance.now() + 1, 2 ** 31 - 1));
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #onDue(): void {
    this.#timer = undefined;
    this.#dueMs = Infinity;
    this.add(this.#sweep());
  }
}
