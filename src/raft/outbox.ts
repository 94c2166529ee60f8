import type { Message } from './message.ts';

/** A promise, and the write that must be on the disk before it leaves. */
interface Held {
  readonly afterWrite: number;
  readonly message: Message;
}

/**
 * Messages on their way out.
 *
 * Most may leave at once. A promise may not: "I vote for you", "I hold these entries" and "vote for
 * me" (which implies "I vote for myself") must survive a crash, so they wait until what they rest on
 * is on stable storage (Raft paper, figure 2: "updated on stable storage before responding to RPCs").
 * Whatever that is, it is covered by the last write handed out when the promise is collected.
 * Promises leave in the order in which they were made, since writes complete in order.
 */
export class Outbox {
  #immediate: Message[] = [];
  #promises: Message[] = [];
  readonly #held: Held[] = [];

  /** May leave with the next Ready. */
  send(message: Message): void {
    this.#immediate.push(message);
  }

  /** Leaves once everything that is written up to and including the next write is on the disk. */
  promise(message: Message): void {
    this.#promises.push(message);
  }

  /** A later term began: what was promised in an earlier one may rest on entries that the new one takes back. */
  forgetPromises(): void {
    this.#promises = [];
    this.#held.length = 0;
  }

  /** Whether a Ready taken now would carry a message, or must look at promises. */
  get isDue(): boolean {
    return this.#immediate.length > 0 || this.#promises.length > 0;
  }

  /** Everything that may leave now; the rest is held. `lastIssued` counts the write of this very Ready. */
  take(lastIssued: number, lastWritten: number): readonly Message[] {
    for (const message of this.#promises) {
      if (lastIssued <= lastWritten) this.#immediate.push(message);
      else this.#held.push({ afterWrite: lastIssued, message });
    }
    const messages = this.#immediate;
    this.#promises = [];
    this.#immediate = [];
    return messages;
  }

  /** Writes up to this id are on the disk: what waited for them leaves with the next Ready. */
  written(id: number): void {
    let released = 0;
    for (const held of this.#held) {
      if (held.afterWrite > id) break;
      this.#immediate.push(held.message);
      released += 1;
    }
    this.#held.splice(0, released);
  }
}
