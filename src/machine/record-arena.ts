/**
 * Memory for many small pieces of bytes, which costs the garbage collector nothing: pages of equal
 * slots, one kind of page for each size. A page that holds nothing any more is given back.
 */
import { assert, present } from '../base/assert.ts';
import type { ByteRange } from '../base/byte-range.ts';

/** Where a piece lies. */
export type Handle = number;

export const NOWHERE: Handle = -1;

/** A larger value is not worth a slot. */
export const PIECE_BYTES_MAX: number = 16 * 1024 - 2;

/** The first page for a size is small, and each further one twice as large as the last… */
const FIRST_PAGE_BYTES = 4 * 1024;
/** …up to here. */
const PAGE_BYTES_MAX = 128 * 1024;
/** Slots are larger by this step… */
const STEP_BYTES = 16;
/** …up to here, and by the larger one beyond. */
const SMALL_BYTES = 1024;
const LARGE_STEP_BYTES = 512;
const SLOTS_MAX: number = PAGE_BYTES_MAX / STEP_BYTES;
/** A handle has the slot in its low bits. */
const SLOT_BITS: number = Math.log2(SLOTS_MAX);
const SLOT_MASK: number = SLOTS_MAX - 1;
/** Each piece stands behind its length: in one byte up to here… */
const SHORT_MAX = 0x7f;
/** …in two up to here, of which the first has its highest bit set… */
const MEDIUM_MAX = 0x3fff;
/** …and in four beyond, of which this is the first. */
const LONG = 0xc0;
const LENGTH_MAX = 0xff_ffff;
/** To copy so few one by one costs less than to make a view of them. */
const LOOP_BYTES_MAX = 32;

/** All pages with slots of one size. */
interface Size {
  readonly slotBytes: number;
  /** Those that have room. The last one is filled first. */
  readonly room: Page[];
  nextPageBytes: number;
}

interface Page {
  readonly id: number;
  readonly size: Size;
  readonly slots: number;
  readonly bytes: Uint8Array;
  /** In it now. */
  pieces: number;
  /** The first slot that never held a piece. */
  fresh: number;
  /** Slots before it that hold none now. */
  readonly released: number[];
  /** Its place among the pages that have room. */
  place: number;
}

export class RecordArena {
  readonly #pages: (Page | undefined)[] = [];
  readonly #freeIds: number[] = [];
  readonly #sizes = new Map<number, Size>();
  #bytes = 0;
  /** Where the piece lies that `seek` was last asked for. */
  from = 0;
  to = 0;

  /** Memory that it has taken. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Keeps a copy. */
  store({ bytes, from, to }: ByteRange): Handle {
    const handle = this.take(to - from);
    const page = this.seek(handle);
    if (to - from > LOOP_BYTES_MAX) {
      page.set(bytes.subarray(from, to), this.from);
    } else {
      const shift = this.from - from;
      for (let at = from; at < to; at++) page[at + shift] = bytes[at] ?? 0;
    }
    return handle;
  }

  /** Room for a piece of so many bytes; what is there is not told. */
  take(length: number): Handle {
    const lengthBytes = lengthBytesOf(length);
    const size = this.#sizeFor(lengthBytes + length);
    const page = size.room.at(-1) ?? this.#addPage(size);
    const slot = page.released.pop() ?? page.fresh++;
    page.pieces++;
    if (page.pieces === page.slots) size.room.pop();
    writeLength(page.bytes, slot * size.slotBytes, length, lengthBytes);
    return page.id * SLOTS_MAX + slot;
  }

  /** The piece itself: it must not be changed, and is another one once it was released. */
  read(handle: Handle): Uint8Array {
    return this.seek(handle).subarray(this.from, this.to);
  }

  /** The same without a view. */
  range(handle: Handle): ByteRange {
    const bytes = this.seek(handle);
    return { bytes, from: this.from, to: this.to };
  }

  /** The page that a piece lies in, between `from` and `to`: what `read` gives, for those who ask too often to make an object each time. */
  seek(handle: Handle): Uint8Array {
    const { bytes, size } = this.#pageOf(handle);
    const at = (handle & SLOT_MASK) * size.slotBytes;
    const first = bytes[at] ?? 0;
    if (first <= SHORT_MAX) {
      this.from = at + 1;
      this.to = at + 1 + first;
    } else if (first < LONG) {
      this.from = at + 2;
      this.to = at + 2 + (((first & 0x3f) << 8) | (bytes[at + 1] ?? 0));
    } else {
      this.from = at + 4;
      this.to = at + 4 + (((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0));
    }
    return bytes;
  }

  release(handle: Handle): void {
    const page = this.#pageOf(handle);
    const { room } = page.size;
    if (page.pieces === page.slots) page.place = room.push(page) - 1;
    page.pieces--;
    page.released.push(handle & SLOT_MASK);
    assert(page.pieces >= 0, 'a piece is released once');
    // One page of small slots stays: else a single piece that comes and goes would need a new one each time.
    if (page.pieces === 0 && (room.length > 1 || page.slots === 1)) this.#drop(page, room);
  }

  #sizeFor(bytes: number): Size {
    const step = bytes <= SMALL_BYTES ? STEP_BYTES : LARGE_STEP_BYTES;
    const slotBytes = Math.ceil(bytes / step) * step;
    let size = this.#sizes.get(slotBytes);
    if (size === undefined) {
      size = { slotBytes, room: [], nextPageBytes: Math.max(FIRST_PAGE_BYTES, slotBytes) };
      this.#sizes.set(slotBytes, size);
    }
    return size;
  }

  #addPage(size: Size): Page {
    const { slotBytes, room, nextPageBytes } = size;
    const page = {
      id: this.#freeIds.pop() ?? this.#pages.length,
      size,
      slots: Math.floor(nextPageBytes / slotBytes),
      bytes: new Uint8Array(nextPageBytes),
      pieces: 0,
      fresh: 0,
      released: [],
      place: room.length,
    };
    size.nextPageBytes = Math.min(2 * nextPageBytes, PAGE_BYTES_MAX);
    this.#bytes += nextPageBytes;
    this.#pages[page.id] = page;
    room.push(page);
    return page;
  }

  #drop(page: Page, room: Page[]): void {
    this.#bytes -= page.bytes.length;
    this.#pages[page.id] = undefined;
    this.#freeIds.push(page.id);
    const last = present(room.pop(), 'an empty page has room');
    if (last === page) return;
    last.place = page.place;
    room[page.place] = last;
  }

  #pageOf(handle: Handle): Page {
    return present(this.#pages[handle >>> SLOT_BITS], 'a piece that is asked for is there');
  }
}

function lengthBytesOf(length: number): number {
  assert(length <= LENGTH_MAX, 'the length of a piece can be told');
  if (length <= SHORT_MAX) return 1;
  return length <= MEDIUM_MAX ? 2 : 4;
}

function writeLength(bytes: Uint8Array, at: number, length: number, lengthBytes: number): void {
  if (lengthBytes === 1) {
    bytes[at] = length;
  } else if (lengthBytes === 2) {
    bytes[at] = 0x80 | (length >>> 8);
    bytes[at + 1] = length;
  } else {
    bytes[at] = LONG;
    bytes[at + 1] = length >>> 16;
    bytes[at + 2] = length >>> 8;
    bytes[at + 3] = length;
  }
}
