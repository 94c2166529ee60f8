/**
 * Memory for many small pieces of bytes, which costs the garbage collector nothing: pages of equal
 * slots, one kind of page for each size. A page that holds nothing any more is given back.
 */
import { assert, present } from '../base/assert.ts';

/** Where a piece lies. */
export type Handle = number;

export const NOWHERE: Handle = -1;

/** Larger pieces are not worth a slot. */
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
/** Each piece stands behind its length. */
const LENGTH_BYTES = 2;

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

  /** Memory that it has taken. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Keeps a copy. */
  store(piece: Uint8Array): Handle {
    const { length } = piece;
    assert(length <= PIECE_BYTES_MAX, 'a piece fits a slot');
    const size = this.#sizeFor(length + LENGTH_BYTES);
    const page = size.room.at(-1) ?? this.#addPage(size);
    const slot = page.released.pop() ?? page.fresh++;
    page.pieces++;
    if (page.pieces === page.slots) size.room.pop();
    const from = slot * size.slotBytes;
    page.bytes[from] = length;
    page.bytes[from + 1] = length >>> 8;
    page.bytes.set(piece, from + LENGTH_BYTES);
    return page.id * SLOTS_MAX + slot;
  }

  /** The piece itself: it must not be changed, and is another one once it was released. */
  read(handle: Handle): Uint8Array {
    const { bytes, size } = this.#pageOf(handle);
    const from = (handle % SLOTS_MAX) * size.slotBytes;
    const length = (bytes[from] ?? 0) | ((bytes[from + 1] ?? 0) << 8);
    return bytes.subarray(from + LENGTH_BYTES, from + LENGTH_BYTES + length);
  }

  release(handle: Handle): void {
    const page = this.#pageOf(handle);
    const { room } = page.size;
    if (page.pieces === page.slots) page.place = room.push(page) - 1;
    page.pieces--;
    page.released.push(handle % SLOTS_MAX);
    assert(page.pieces >= 0, 'a piece is released once');
    // One page stays: else a single piece that comes and goes would need a new one each time.
    if (page.pieces === 0 && room.length > 1) this.#drop(page, room);
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
    return present(this.#pages[Math.floor(handle / SLOTS_MAX)], 'a piece that is asked for is there');
  }
}
