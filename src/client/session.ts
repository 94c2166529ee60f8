import { assert } from '../base/assert.ts';
import type { SessionStamp } from '../machine/command.ts';

/**
 * One session's numbers: every command gets the next one, and the node is told below which one no
 * reply is needed any more (thesis, section 6.3).
 *
 * The numbers from the lowest unsettled one up never span more than `capacity`, which bounds what
 * the cluster must remember.
 */
export class Session {
  readonly id: number;
  readonly #capacity: number;
  /** Whether the number, modulo the capacity, is settled. */
  readonly #settled: Uint8Array;
  #lowest = 1;
  #next = 1;

  constructor(id: number, capacity: number) {
    this.id = id;
    this.#capacity = capacity;
    this.#settled = new Uint8Array(capacity);
  }

  /** Whether another number may be given out. */
  get hasRoom(): boolean {
    return this.#next - this.#lowest < this.#capacity;
  }

  /** Whether every number given out is settled. */
  get isQuiet(): boolean {
    return this.#next === this.#lowest;
  }

  /** A number for a new command. */
  take(): number {
    assert(this.hasRoom, 'a session has room for another command');
    this.#settled[this.#next % this.#capacity] = 0;
    return this.#next++;
  }

  /** What a command bears each time that it is sent. */
  stamp(sequence: number): SessionStamp {
    return { id: this.id, sequence, ackedBelow: this.#lowest };
  }

  /** The number is done with: its reply came, or nobody waits for it any more. It is never sent again. */
  settle(sequence: number): void {
    assert(sequence >= this.#lowest && sequence < this.#next, 'a number is settled once');
    this.#settled[sequence % this.#capacity] = 1;
    while (this.#lowest < this.#next && this.#settled[this.#lowest % this.#capacity] === 1) this.#lowest++;
  }
}
