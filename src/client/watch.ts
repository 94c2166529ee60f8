import type { StoreError } from '../base/errors.ts';
import type { Revision } from '../base/flavor.ts';
import type { RequestId } from '../wire/client-frames.ts';
import type { EventBatch, Shape } from './event-batch.ts';
import { EventBuffer } from './event-buffer.ts';
import { Queue } from './queue.ts';

/** Bytes of values that a watch holds for a slow reader, about. */
const BUFFER_BYTES_MAX = 16 * 1_024 * 1_024;

/** What is watched. */
export interface WatchTarget {
  readonly machine: string;
  /** A binary string: one character per byte. */
  readonly key: string;
  readonly prefix: boolean;
}

/** The cluster's side of a watch. */
export interface Subscriber {
  readonly target: WatchTarget;
  /** Where to go on after a break; undefined before the cluster has said where the watch begins. */
  readonly nextRevision: Revision | undefined;
  readonly isEnded: boolean;
  /** Whether it is held back until its reader has caught up. */
  readonly isSated: boolean;
  /** Of the subscription on the current connection; undefined while there is none. */
  request: RequestId | undefined;
  /** Called when the watch ends. */
  unlisten: (() => void) | undefined;
  /** The cluster has said where the watch begins. */
  start(fromRevision: Revision): void;
  /** Whether something was told behind what has arrived, and before what was told after this revision. */
  misses(after: Revision): boolean;
  /** Takes the events up to a revision; those that came before are not told again. */
  push(revision: Revision, batch: EventBatch): void;
  /** No more events will come; those that came are still handed out, then the error. */
  end(failure: StoreError | undefined): void;
}

/** How a watch reaches the cluster. */
export interface WatchHost {
  /** The reader has caught up: subscribe again. */
  onHungry(watch: Subscriber): void;
  /** Stop sending: the reader is slow, or has gone. */
  onSated(watch: Subscriber): void;
}

/**
 * Events in order, each once, over every failure on the way: `for await (const event of watch)`.
 *
 * Ends with an error: REVISION_COMPACTED when events were lost to a reader that was away or slow for
 * too long, ABORTED when its signal says so. Ends without one when the client is closed, or when the
 * reader leaves the loop.
 */
export class Watch<Event> implements AsyncIterableIterator<Event>, Subscriber {
  readonly target: WatchTarget;
  readonly #host: WatchHost;
  readonly #shape: Shape<Event>;
  readonly #bufferMax: number;
  readonly #buffer = new EventBuffer<Event>();
  readonly #readers = new Queue<Reader<Event>>();
  #nextRevision: Revision | undefined;
  #ended = false;
  #failure: StoreError | undefined;
  request: RequestId | undefined;
  unlisten: (() => void) | undefined;

  constructor(
    target: WatchTarget,
    fromRevision: Revision | undefined,
    bufferMax: number,
    host: WatchHost,
    shape: Shape<Event>,
  ) {
    this.target = target;
    this.#nextRevision = fromRevision;
    this.#bufferMax = bufferMax;
    this.#host = host;
    this.#shape = shape;
  }

  get nextRevision(): Revision | undefined {
    return this.#nextRevision;
  }

  get isEnded(): boolean {
    return this.#ended;
  }

  get isSated(): boolean {
    return this.#buffer.length >= this.#bufferMax || this.#buffer.bytes >= BUFFER_BYTES_MAX;
  }

  /** Whether the reader has caught up enough to ask for more. */
  get #isHungry(): boolean {
    return this.#buffer.length * 2 <= this.#bufferMax && this.#buffer.bytes * 2 <= BUFFER_BYTES_MAX;
  }

  next(): Promise<IteratorResult<Event, undefined>> {
    const event = this.#buffer.shift();
    if (event !== undefined) {
      if (this.request === undefined && !this.#ended && this.#isHungry) this.#host.onHungry(this);
      return Promise.resolve({ done: false, value: event });
    }
    if (this.#failure !== undefined) {
      const failure = this.#failure;
      this.#failure = undefined;
      return Promise.reject(failure);
    }
    if (this.#ended) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve, reject) => this.#readers.push({ resolve, reject }));
  }

  return(): Promise<IteratorResult<Event, undefined>> {
    this.#buffer.clear();
    this.end(undefined);
    this.#failure = undefined;
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  start(fromRevision: Revision): void {
    this.#nextRevision ??= fromRevision;
  }

  misses(after: Revision): boolean {
    return this.#nextRevision !== undefined && after >= Math.max(1, this.#nextRevision);
  }

  push(revision: Revision, batch: EventBatch): void {
    const from = this.#nextRevision ?? 0;
    const first = batch.events.findIndex((event) => event.revision >= from);
    if (first >= 0) this.#hand(batch.shaped(this.#shape), first, batch.bytes);
    this.#nextRevision = Math.max(from, revision + 1);
    if (this.isSated) this.#host.onSated(this);
  }

  end(failure: StoreError | undefined): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#failure = failure;
    this.unlisten?.();
    this.#host.onSated(this);
    for (const [at, reader] of this.#readers.drain().entries()) {
      if (at > 0 || failure === undefined) {
        reader.resolve({ done: true, value: undefined });
      } else {
        this.#failure = undefined;
        reader.reject(failure);
      }
    }
  }

  /** Those who wait get the first ones; nobody waits while there is something to read. */
  #hand(events: readonly Event[], first: number, bytes: number): void {
    let at = first;
    for (; this.#readers.length > 0; at++) {
      const value = events[at];
      if (value === undefined) break;
      this.#readers.shift()?.resolve({ done: false, value });
    }
    this.#buffer.push(events, at, bytes);
  }
}

/** Someone who waits for the next event. */
interface Reader<Event> {
  readonly resolve: (result: IteratorResult<Event, undefined>) => void;
  readonly reject: (error: unknown) => void;
}
