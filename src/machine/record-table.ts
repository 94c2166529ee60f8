import { assert, present } from '../base/assert.ts';
import { hashOf } from '../base/hash.ts';
import { type Handle, NOWHERE } from './record-arena.ts';

/** A place in the table. */
export type Row = number;

export const NO_ROW: Row = -1;
/** Stands for the key that was last given to `probe`. */
export const PROBE: Row = -2;

const FIRST_ROWS = 16;

/**
 * Records by key, in columns that are no objects: a million of them cost the garbage collector a
 * million strings and little else. An open-addressed hash table (linear probing, at most half full)
 * finds the row of a key.
 */
export class RecordTable {
  readonly #keys: (string | undefined)[] = [];
  readonly #freeRows: Row[] = [];
  /** The row, plus 1, of each slot; 0 for none. */
  #slots: Int32Array = new Int32Array(2 * FIRST_ROWS);
  #hashes: Int32Array = new Int32Array(FIRST_ROWS);
  #places: Int32Array = new Int32Array(FIRST_ROWS);
  #bytes: Uint32Array = new Uint32Array(FIRST_ROWS);
  #stamps: Int32Array = new Int32Array(FIRST_ROWS);
  /** Of each row, whether the last sweep has come by: then it is `#swept`. */
  #marks: Uint8Array = new Uint8Array(FIRST_ROWS);
  #swept = 0;
  #probed = '';

  /** Its key stands for `PROBE` until the next one. */
  probe(key: string): Row {
    this.#probed = key;
    return PROBE;
  }

  find(key: string): Row {
    const hash = hashOf(key);
    const slots = this.#slots;
    for (let slot = hash & (slots.length - 1); ; slot = (slot + 1) & (slots.length - 1)) {
      const row = (slots[slot] ?? 0) - 1;
      if (row === NO_ROW || (this.#hashes[row] === hash && this.#keys[row] === key)) return row;
    }
  }

  /** A row for a key that has none. */
  add(key: string): Row {
    const row = this.#freeRows.pop() ?? this.#keys.length;
    if (row === this.#hashes.length) this.#grow();
    const hash = hashOf(key);
    this.#keys[row] = key;
    this.#hashes[row] = hash;
    this.#places[row] = NOWHERE;
    this.#bytes[row] = 0;
    this.#stamps[row] = 0;
    this.#marks[row] = this.#swept;
    this.#fillSlot(hash, row);
    return row;
  }

  /** The key is not found any more; the row itself stays until it is freed. */
  unlink(row: Row): void {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let hole = (this.#hashes[row] ?? 0) & mask;
    while (slots[hole] !== row + 1) {
      assert(slots[hole] !== 0, 'a row that is unlinked was linked');
      hole = (hole + 1) & mask;
    }
    // What stands behind the hole, and would not be found over it, moves up (Knuth, TAOCP 3, 6.4, algorithm R).
    for (let slot = (hole + 1) & mask; slots[slot] !== 0; slot = (slot + 1) & mask) {
      const home = (this.#hashes[(slots[slot] ?? 0) - 1] ?? 0) & mask;
      if (((slot - home) & mask) < ((slot - hole) & mask)) continue;
      slots[hole] = slots[slot] ?? 0;
      hole = slot;
    }
    slots[hole] = 0;
  }

  free(row: Row): void {
    this.#keys[row] = undefined;
    this.#freeRows.push(row);
  }

  keyOf(row: Row): string {
    return row === PROBE ? this.#probed : present(this.#keys[row], 'a row that is read was not freed');
  }

  /** Where the value lies as bytes; NOWHERE if it does not. */
  placeOf(row: Row): Handle {
    return this.#places[row] ?? NOWHERE;
  }

  bytesOf(row: Row): number {
    return this.#bytes[row] ?? 0;
  }

  stampOf(row: Row): number {
    return this.#stamps[row] ?? 0;
  }

  place(row: Row, at: Handle): void {
    this.#places[row] = at;
  }

  describe(row: Row, bytes: number, stamp: number): void {
    this.#bytes[row] = bytes;
    this.#stamps[row] = stamp;
  }

  /**
   * Begins to look at every row once; the last sweep is over. Rows that are added meanwhile count as
   * seen. Gives the row behind the last.
   */
  beginSweep(): Row {
    this.#swept = 1 - this.#swept;
    return this.#keys.length;
  }

  /** Whether there is something under the row that the sweep has not seen; now it has. */
  sweep(row: Row): boolean {
    if (this.#marks[row] === this.#swept) return false;
    this.#marks[row] = this.#swept;
    return this.#keys[row] !== undefined;
  }

  #fillSlot(hash: number, row: Row): void {
    const mask = this.#slots.length - 1;
    let slot = hash & mask;
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
    this.#slots[slot] = row + 1;
  }

  #grow(): void {
    const rows = 2 * this.#hashes.length;
    this.#hashes = grown(this.#hashes, new Int32Array(rows));
    this.#places = grown(this.#places, new Int32Array(rows));
    this.#bytes = grown(this.#bytes, new Uint32Array(rows));
    this.#stamps = grown(this.#stamps, new Int32Array(rows));
    this.#marks = grown(this.#marks, new Uint8Array(rows));
    const before = this.#slots;
    this.#slots = new Int32Array(2 * rows);
    for (const filled of before) if (filled !== 0) this.#fillSlot(this.#hashes[filled - 1] ?? 0, filled - 1);
  }
}

function grown<Column extends Int32Array | Uint32Array | Uint8Array>(column: Column, larger: Column): Column {
  larger.set(column);
  return larger;
}
