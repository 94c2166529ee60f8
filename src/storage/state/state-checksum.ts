import { assert } from '../../base/assert.ts';
import type { StoredMark } from '../../machine/records.ts';

/**
 * A checksum over a whole set of records that follows each change: their number, and the sum of
 * their checksums. LevelDB can lose records, or bring back older ones, without an error; this tells.
 *
 * What a record adds to the sum stands in its mark, so that it can be taken away again: 0 for one that
 * is not stored.
 */
export class StateChecksum {
  #count = 0;
  #sum = 0;

  get count(): number {
    return this.#count;
  }

  get sum(): number {
    return this.#sum;
  }

  put(mark: StoredMark, checksum: number): void {
    this.delete(mark);
    mark.storedMark = markFor(checksum);
    this.add(checksum);
  }

  delete(mark: StoredMark): void {
    if (mark.storedMark === 0) return;
    this.#count--;
    assert(this.#count >= 0, 'what is deleted was stored');
    this.#sum = (this.#sum - mark.storedMark) >>> 0;
    mark.storedMark = 0;
  }

  /** A record that was read. */
  add(checksum: number): void {
    this.#count++;
    this.#sum = (this.#sum + markFor(checksum)) >>> 0;
  }
}

/** A whole number that needs no memory of its own, and is not 0. */
export function markFor(checksum: number): number {
  return (checksum & 0x7fff_ffff) | 1;
}
