import type { ByteRange } from '../base/byte-range.ts';
import { binaryText } from './binary-string.ts';
import type { KeyNumbers } from './key-numbers.ts';
import { type Handle, RecordArena } from './record-arena.ts';

/**
 * Keys as bytes: a million of them as strings would take a hundred megabytes, and be looked at by every
 * collection of garbage.
 */
export class RecordKeys {
  readonly #arena: RecordArena = new RecordArena();

  /** @param text - of characters that are one byte each */
  store(text: string): Handle {
    const handle = this.#arena.take(text.length);
    const page = this.#arena.seek(handle);
    const { from } = this.#arena;
    for (let at = 0; at < text.length; at++) page[from + at] = text.charCodeAt(at);
    return handle;
  }

  /** The same of a key that is bytes already. */
  storeBytes(key: ByteRange): Handle {
    return this.#arena.store(key);
  }

  release(handle: Handle): void {
    this.#arena.release(handle);
  }

  textOf(handle: Handle): string {
    const page = this.#arena.seek(handle);
    return binaryText(page, this.#arena.from, this.#arena.to);
  }

  rangeOf(handle: Handle): ByteRange {
    return this.#arena.range(handle);
  }

  lengthOf(handle: Handle): number {
    this.#arena.seek(handle);
    return this.#arena.to - this.#arena.from;
  }

  is(handle: Handle, text: string): boolean {
    const page = this.#arena.seek(handle);
    const { from, to } = this.#arena;
    if (to - from !== text.length) return false;
    for (let at = 0; at < text.length; at++) {
      if (page[from + at] !== text.charCodeAt(at)) return false;
    }
    return true;
  }

  /** Below 0 if the key comes before the other, above 0 if it comes behind it. */
  compare(handle: Handle, other: Handle): number {
    const page = this.#arena.seek(handle);
    const { from, to } = this.#arena;
    const otherPage = this.#arena.seek(other);
    return compareBytes(page, from, to, otherPage, this.#arena.from, this.#arena.to);
  }

  compareBytes(handle: Handle, { bytes, from, to }: ByteRange): number {
    const page = this.#arena.seek(handle);
    return compareBytes(page, this.#arena.from, this.#arena.to, bytes, from, to);
  }

  /** See `KeyNumbers`. */
  see(handle: Handle, numbers: KeyNumbers): void {
    const page = this.#arena.seek(handle);
    numbers.see(page, this.#arena.from, this.#arena.to);
  }

  numberOf(handle: Handle, numbers: KeyNumbers): number {
    const page = this.#arena.seek(handle);
    return numbers.numberOf(page, this.#arena.from, this.#arena.to);
  }

  /** The text may hold any characters. */
  compareText(handle: Handle, text: string): number {
    const page = this.#arena.seek(handle);
    const { from, to } = this.#arena;
    const common = Math.min(to - from, text.length);
    for (let at = 0; at < common; at++) {
      const difference = (page[from + at] ?? 0) - text.charCodeAt(at);
      if (difference !== 0) return difference;
    }
    return to - from - text.length;
  }
}

function compareBytes(
  left: Uint8Array,
  leftFrom: number,
  leftTo: number,
  right: Uint8Array,
  rightFrom: number,
  rightTo: number,
): number {
  const common = Math.min(leftTo - leftFrom, rightTo - rightFrom);
  for (let at = 0; at < common; at++) {
    const difference = (left[leftFrom + at] ?? 0) - (right[rightFrom + at] ?? 0);
    if (difference !== 0) return difference;
  }
  return leftTo - leftFrom - (rightTo - rightFrom);
}
