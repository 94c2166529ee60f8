import { assert } from '../base/assert.ts';
import { powerOfTwo } from '../base/buffer-pool.ts';
import { hashOf, hashOfBytes } from '../base/hash.ts';
import type { ByteRange } from '../base/byte-range.ts';
import type { KeyNumbers } from './key-numbers.ts';
import { type Handle, NOWHERE } from './record-arena.ts';
import { RecordKeys } from './record-keys.ts';

/** A place in the table. */
export type Row = number;

export const NO_ROW: Row = -1;
/** Stands for the key that was last given to `probe`. */
export const PROBE: Row = -2;

const FIRST_ROWS = 16;
const SLOT_WORDS = 2;
/** So many times as large at once it becomes where more rows are expected: each time all of them move. */
const EXPECTED_GROWTH = 16;

/**
 * Records by key, in columns that are no objects: a million of them cost the garbage collector next to
 * nothing. An open-addressed hash table (linear probing, at most half full) finds the row of a key. The
 * value lies elsewhere, as bytes; of some rows it is here besides, or instead.
 */
export class RecordTable {
  readonly #keys: RecordKeys = new RecordKeys();
  readonly #freeRows: Row[] = [];
  /** Behind the last row that was ever used. */
  #rows = 0;
  /** Of each slot, the row, plus 1, 0 for none; and the hash of its key, so that nobody asks the row of another key. */
  #slots: Int32Array = new Int32Array(2 * FIRST_ROWS * SLOT_WORDS);
  /** NOWHERE for a row that is free. */
  #keyPlaces: Int32Array = new Int32Array(FIRST_ROWS);
  #places: Int32Array = new Int32Array(FIRST_ROWS);
  #bytes: Uint32Array = new Uint32Array(FIRST_ROWS);
  #stamps: Int32Array = new Int32Array(FIRST_ROWS);
  /** Of each row, whether the last sweep has come by: then it is `#swept`. */
  #marks: Uint8Array = new Uint8Array(FIRST_ROWS);
  /** Of each row, the round in which a storage was last given what is there; see `Rounds`. */
  #rounds: Uint8Array = new Uint8Array(FIRST_ROWS);
  /** Of each row, what `row-state.ts` names. */
  #states: Uint8Array = new Uint8Array(FIRST_ROWS);
  /** Where among the values that of the row is, plus 1; 0 for none. */
  #valuePlaces: Int32Array = new Int32Array(FIRST_ROWS);
  readonly #values: unknown[] = [];
  readonly #freeValues: number[] = [];
  #swept = 0;
  /** See `expect`. */
  #expected = 0;
  #probed = '';

  /** There will be no more than so many rows, and maybe far fewer, unless it turns out otherwise. */
  expect(rows: number): void {
    this.#expected = powerOfTwo(rows);
  }

  /** Its key stands for `PROBE` until the next one. */
  probe(key: string): Row {
    this.#probed = key;
    return PROBE;
  }

  find(key: string): Row {
    const hash = hashOf(key);
    const slots = this.#slots;
    for (let slot = homeOf(hash, slots); ; slot = behind(slot, slots)) {
      const row = (slots[slot] ?? 0) - 1;
      if (row === NO_ROW) return row;
      if (slots[slot + 1] === hash && this.#keys.is(this.#keyPlaces[row] ?? NOWHERE, key)) return row;
    }
  }

  /** The same for a key that is bytes already. If it has no row, one is added, and its complement given, which is below 0. */
  findOrAddBytes(key: ByteRange): Row {
    const hash = hashOfBytes(key.bytes, key.from, key.to);
    const slots = this.#slots;
    for (let slot = homeOf(hash, slots); ; slot = behind(slot, slots)) {
      const row = (slots[slot] ?? 0) - 1;
      if (row === NO_ROW) return ~this.#add(hash, this.#keys.storeBytes(key));
      if (slots[slot + 1] === hash && this.#keys.compareBytes(this.#keyPlaces[row] ?? NOWHERE, key) === 0)
        return row;
    }
  }

  /** A row for a key that has none, of characters that are one byte each. */
  add(key: string): Row {
    return this.#add(hashOf(key), this.#keys.store(key));
  }

  /** The key is not found any more; the row itself stays until it is freed. */
  unlink(row: Row): void {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let hole = homeOf(this.hashOf(row), slots);
    while (slots[hole] !== row + 1) {
      assert(slots[hole] !== 0, 'a row that is unlinked was linked');
      hole = behind(hole, slots);
    }
    // What stands behind the hole, and would not be found over it, moves up (Knuth, TAOCP 3, 6.4, algorithm R).
    for (let slot = behind(hole, slots); slots[slot] !== 0; slot = behind(slot, slots)) {
      const home = homeOf(slots[slot + 1] ?? 0, slots);
      if (((slot - home) & mask) < ((slot - hole) & mask)) continue;
      slots[hole] = slots[slot] ?? 0;
      slots[hole + 1] = slots[slot + 1] ?? 0;
      hole = slot;
    }
    slots[hole] = 0;
  }

  free(row: Row): void {
    this.#keys.release(this.#keyPlaceOf(row));
    this.#keyPlaces[row] = NOWHERE;
    this.#freeRows.push(row);
  }

  keyOf(row: Row): string {
    if (row === PROBE) return this.#probed;
    return this.#keys.textOf(this.#keyPlaceOf(row));
  }

  keyBytesOf(row: Row): ByteRange {
    return this.#keys.rangeOf(this.#keyPlaceOf(row));
  }

  keyLengthOf(row: Row): number {
    return this.#keys.lengthOf(this.#keyPlaceOf(row));
  }

  /** Of the row's key. */
  hashOf(row: Row): number {
    const { bytes, from, to } = this.keyBytesOf(row);
    return hashOfBytes(bytes, from, to);
  }

  /** Below 0 if the key of the left row comes before that of the right one, 0 if it is the same. */
  compare(left: Row, right: Row): number {
    if (left === PROBE)
      return right === PROBE ? 0 : 0 - this.#keys.compareText(this.#keyPlaceOf(right), this.#probed);
    if (right === PROBE) return this.#keys.compareText(this.#keyPlaceOf(left), this.#probed);
    return this.#keys.compare(this.#keyPlaceOf(left), this.#keyPlaceOf(right));
  }

  /** Of the row's key, see `KeyNumbers`. */
  see(row: Row, numbers: KeyNumbers): void {
    this.#keys.see(this.#keyPlaceOf(row), numbers);
  }

  numberOf(row: Row, numbers: KeyNumbers): number {
    return this.#keys.numberOf(this.#keyPlaceOf(row), numbers);
  }

  /** The value, if it is here. */
  valueOf(row: Row): unknown {
    const place = this.#valuePlaces[row] ?? 0;
    return place === 0 ? undefined : this.#values[place - 1];
  }

  /** From here on the value is here, until it goes. */
  hold(row: Row, value: unknown): void {
    assert(this.#valuePlaces[row] === 0, 'a row has one value');
    const place = this.#freeValues.pop() ?? this.#values.length;
    this.#values[place] = value;
    this.#valuePlaces[row] = place + 1;
  }

  /** From here on it is not here, if it was. */
  letGo(row: Row): void {
    const place = (this.#valuePlaces[row] ?? 0) - 1;
    if (place < 0) return;
    this.#values[place] = undefined;
    this.#freeValues.push(place);
    this.#valuePlaces[row] = 0;
  }

  /** Whether there is a record under the row. */
  isThere(row: Row): boolean {
    return this.#places[row] !== NOWHERE || this.#valuePlaces[row] !== 0;
  }

  has(row: Row, state: number): boolean {
    return ((this.#states[row] ?? 0) & state) !== 0;
  }

  mark(row: Row, state: number): void {
    this.#states[row] = (this.#states[row] ?? 0) | state;
  }

  unmark(row: Row, state: number): void {
    this.#states[row] = (this.#states[row] ?? 0) & ~state;
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

  /** What the value takes when stored. */
  measure(row: Row, bytes: number): void {
    this.#bytes[row] = bytes;
  }

  /** See `RecordChange`: of what is stored under the key. */
  stamp(row: Row, stamp: number): void {
    this.#stamps[row] = stamp;
  }

  /** Behind the last row that was ever used. */
  get rows(): Row {
    return this.#rows;
  }

  /** A storage is given what is there in that round. */
  stored(row: Row, round: number): void {
    this.#rounds[row] = round;
  }

  /** Whether there is something under the row that no storage was given in that round. */
  isDue(row: Row, round: number): boolean {
    return this.#rounds[row] !== round && this.#keyPlaces[row] !== NOWHERE;
  }

  /**
   * Begins to look at every row once; the last sweep is over. Rows that are added meanwhile count as
   * seen. Gives the row behind the last.
   */
  beginSweep(): Row {
    this.#swept = 1 - this.#swept;
    return this.#rows;
  }

  /** Whether there is something under the row that the sweep has not seen; now it has. */
  sweep(row: Row): boolean {
    if (this.#marks[row] === this.#swept) return false;
    this.#marks[row] = this.#swept;
    return this.#keyPlaces[row] !== NOWHERE;
  }

  #add(hash: number, key: Handle): Row {
    const row = this.#freeRows.pop() ?? this.#rows++;
    if (row === this.#keyPlaces.length) this.#grow();
    this.#keyPlaces[row] = key;
    this.#places[row] = NOWHERE;
    this.#bytes[row] = 0;
    this.#stamps[row] = 0;
    this.#marks[row] = this.#swept;
    this.#rounds[row] = 0;
    this.#states[row] = 0;
    this.#fillSlot(hash, row);
    return row;
  }

  #keyPlaceOf(row: Row): Handle {
    const place = this.#keyPlaces[row] ?? NOWHERE;
    assert(place !== NOWHERE, 'a row that is read was not freed');
    return place;
  }

  #fillSlot(hash: number, row: Row): void {
    const slots = this.#slots;
    let slot = homeOf(hash, slots);
    while (slots[slot] !== 0) slot = behind(slot, slots);
    slots[slot] = row + 1;
    slots[slot + 1] = hash;
  }

  #grow(): void {
    const before = this.#keyPlaces.length;
    const rows = Math.max(2 * before, Math.min(EXPECTED_GROWTH * before, this.#expected));
    this.#keyPlaces = grown(this.#keyPlaces, new Int32Array(rows));
    this.#places = grown(this.#places, new Int32Array(rows));
    this.#bytes = grown(this.#bytes, new Uint32Array(rows));
    this.#stamps = grown(this.#stamps, new Int32Array(rows));
    this.#marks = grown(this.#marks, new Uint8Array(rows));
    this.#rounds = grown(this.#rounds, new Uint8Array(rows));
    this.#states = grown(this.#states, new Uint8Array(rows));
    this.#valuePlaces = grown(this.#valuePlaces, new Int32Array(rows));
    const slots = this.#slots;
    this.#slots = new Int32Array(2 * rows * SLOT_WORDS);
    for (let slot = 0; slot < slots.length; slot += SLOT_WORDS) {
      const filled = slots[slot] ?? 0;
      if (filled !== 0) this.#fillSlot(slots[slot + 1] ?? 0, filled - 1);
    }
  }
}

/** Where the slot of a key with that hash is, unless others are there. */
function homeOf(hash: number, slots: Int32Array): number {
  return (hash * SLOT_WORDS) & (slots.length - 1);
}

function behind(slot: number, slots: Int32Array): number {
  return (slot + SLOT_WORDS) & (slots.length - 1);
}

function grown<Column extends Int32Array | Uint32Array | Uint8Array>(column: Column, larger: Column): Column {
  larger.set(column);
  return larger;
}
