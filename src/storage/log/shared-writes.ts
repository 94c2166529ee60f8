/**
 * Memory that the two threads of the log share: writes on one way, how far they have come on the other.
 *
 * A message between threads takes some 50 µs of a processor each way when they come one at a time, several
 * times what a write itself does; a number that changes, and a thread that waits for it, take a tenth.
 * Only one thread writes to each word. A thread that sees a new number (`Atomics.load`) also sees
 * all that the other one wrote before it (`Atomics.store`).
 */
import { assert } from '../../base/assert.ts';
import type { LogWriteTimes } from './log-messages.ts';

/** Longer bodies go as messages: to hand over memory costs less than to copy them. */
export const SHARED_BODY_BYTES_MAX: number = 64 * 1024;
const BODIES_BYTES = 1024 * 1024;
/** Writes on their way here at one time. */
const SLOTS = 64;
/** Of frames whose times nobody has asked for. */
const TIMES = 64;

/** Words, on lines of the cache of their own. ASKED counts all requests, SHARED those that are here. */
const ASKED = 0;
const SHARED = 16;
const LANDED = 32;
const FRAMES = 48;
const SLOTS_AT = 64;
/** Of a slot: the write, where its body is, how long it is, whether its checksum is known, the checksum. */
const SLOT = { id: 0, at: 1, bytes: 2, hasCrc: 3, crc: 4, words: 5 } as const;
const WORDS = SLOTS_AT + SLOTS * SLOT.words;
const TIMES_AT: number = 4 * WORDS;
const BODIES_AT: number = TIMES_AT + 2 * TIMES * 8;
const ALIGNMENT = 8;

export interface SharedWrite {
  readonly id: number;
  /** Stays as it is until the write has landed. */
  readonly body: Uint8Array<SharedArrayBuffer>;
  readonly crc: number | undefined;
}

interface Views {
  readonly words: Int32Array<SharedArrayBuffer>;
  readonly times: Float64Array<SharedArrayBuffer>;
}

function viewsOf(memory: SharedArrayBuffer): Views {
  return {
    words: new Int32Array(memory, 0, WORDS),
    times: new Float64Array(memory, TIMES_AT, 2 * TIMES),
  };
}

/** The side that has writes made. Writes are numbered 1, 2, 3, …, wherever they go. */
export class WriteSender {
  readonly memory: SharedArrayBuffer = new SharedArrayBuffer(BODIES_AT + BODIES_BYTES);
  readonly #views: Views = viewsOf(this.memory);
  /** Where the bodies of those on their way begin, eldest first. */
  readonly #sent: { readonly id: number; readonly at: number }[] = [];
  /** Where the next one goes. */
  #end = 0;
  #landed = 0;
  #frames = 0;
  #listens = false;

  /** Room for the body of the next write, until it is sent; undefined if it must go as a message. */
  room(bytes: number): Uint8Array<SharedArrayBuffer> | undefined {
    if (bytes > SHARED_BODY_BYTES_MAX || this.#sent.length === SLOTS) return undefined;
    const at = this.#place(bytes);
    return at === undefined ? undefined : new Uint8Array(this.memory, BODIES_AT + at, bytes);
  }

  /** @param body - as `room` gave it */
  send(id: number, body: Uint8Array<SharedArrayBuffer>, crc: number | undefined): void {
    const { words } = this.#views;
    const at = body.byteOffset - BODIES_AT;
    const count = Atomics.load(words, SHARED);
    const slot = slotAt(count);
    words[slot + SLOT.id] = id;
    words[slot + SLOT.at] = at;
    words[slot + SLOT.bytes] = body.length;
    words[slot + SLOT.hasCrc] = crc === undefined ? 0 : 1;
    words[slot + SLOT.crc] = crc ?? 0;
    this.#sent.push({ id, at });
    this.#end = at + Math.ceil(body.length / ALIGNMENT) * ALIGNMENT;
    Atomics.store(words, SHARED, (count + 1) | 0);
    this.tell();
  }

  /** There is something to look at: here, or among the messages. */
  tell(): void {
    const { words } = this.#views;
    Atomics.add(words, ASKED, 1);
    Atomics.notify(words, ASKED);
  }

  /** Every write up to this one is on stable storage. */
  get landed(): number {
    // A word holds the last 32 bits of it.
    const landed = this.#landed + ((Atomics.load(this.#views.words, LANDED) - this.#landed) | 0);
    if (landed === this.#landed) return landed;
    this.#landed = landed;
    const left = this.#sent.findIndex(({ id }) => id > landed);
    this.#sent.splice(0, left < 0 ? this.#sent.length : left);
    return landed;
  }

  /** How long the frames took that were written since it was last asked, as far as they are remembered. */
  takeTimes(): readonly LogWriteTimes[] {
    const { words, times } = this.#views;
    const frames = this.#frames + ((Atomics.load(words, FRAMES) - this.#frames) | 0);
    const taken: LogWriteTimes[] = [];
    for (let frame = Math.max(this.#frames, frames - TIMES); frame < frames; frame++) {
      const at = timesAt(frame);
      taken.push({ writeMs: times[at] ?? 0, syncMs: times[at + 1] ?? 0 });
    }
    this.#frames = frames;
    return taken;
  }

  /** Tells once that more has landed than `landed` said. */
  listen(onLanded: () => void): void {
    if (this.#listens) return;
    const waiting = Atomics.waitAsync(this.#views.words, LANDED, this.#landed | 0);
    this.#listens = true;
    const told = (): void => {
      this.#listens = false;
      onLanded();
    };
    if (waiting.async) void waiting.value.then(told);
    else queueMicrotask(told);
  }

  /** Nobody listens any longer: a promise that nobody settles would stay. */
  close(): void {
    Atomics.notify(this.#views.words, LANDED);
  }

  /** A gap behind the last body or before the eldest one that is as long as that. */
  #place(bytes: number): number | undefined {
    const eldest = this.#sent[0]?.at;
    if (eldest === undefined) return 0;
    if (this.#end > eldest) {
      if (this.#end + bytes <= BODIES_BYTES) return this.#end;
      return bytes < eldest ? 0 : undefined;
    }
    return this.#end + bytes < eldest ? this.#end : undefined;
  }
}

/** The side that makes the writes. It may block. */
export class WriteReceiver {
  readonly #memory: SharedArrayBuffer;
  readonly #views: Views;
  #taken = 0;

  constructor(memory: SharedArrayBuffer) {
    this.#memory = memory;
    this.#views = viewsOf(memory);
  }

  /** Changes with every request; ask before looking for one. */
  get asked(): number {
    return Atomics.load(this.#views.words, ASKED);
  }

  /** Blocks until more than that has been asked; false if that takes too long. */
  wait(asked: number, timeoutMs: number): boolean {
    return Atomics.wait(this.#views.words, ASKED, asked, timeoutMs) !== 'timed-out';
  }

  /** The write with that number, if it is here. */
  take(id: number): SharedWrite | undefined {
    const { words } = this.#views;
    if (this.#taken === Atomics.load(words, SHARED)) return undefined;
    const slot = slotAt(this.#taken);
    const word = (field: number): number => words[slot + field] ?? 0;
    if (word(SLOT.id) !== (id | 0)) return undefined;
    this.#taken = (this.#taken + 1) | 0;
    const body = new Uint8Array(this.#memory, BODIES_AT + word(SLOT.at), word(SLOT.bytes));
    return { id, body, crc: word(SLOT.hasCrc) === 0 ? undefined : word(SLOT.crc) >>> 0 };
  }

  /** Every write up to this one is on stable storage, the last of them in a frame that took so long. */
  landed(id: number, { writeMs, syncMs }: LogWriteTimes): void {
    const { words, times } = this.#views;
    const frames = Atomics.load(words, FRAMES);
    const at = timesAt(frames);
    times[at] = writeMs;
    times[at + 1] = syncMs;
    Atomics.store(words, FRAMES, (frames + 1) | 0);
    const before = Atomics.load(words, LANDED);
    assert(((id - before) | 0) > 0, 'writes land in order');
    Atomics.store(words, LANDED, id | 0);
    Atomics.notify(words, LANDED);
  }
}

function slotAt(count: number): number {
  return SLOTS_AT + ((count >>> 0) % SLOTS) * SLOT.words;
}

function timesAt(frame: number): number {
  return 2 * ((frame >>> 0) % TIMES);
}
