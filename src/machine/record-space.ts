import { assert } from '../base/assert.ts';
import type { Codec } from '../base/codec.ts';
import type { ByteRange } from '../base/byte-range.ts';
import { isBinary } from './binary-string.ts';
import type { Draft } from './draft.ts';
import { PlainnessError } from './plainness-error.ts';
import type { Journal, SpaceChange } from './record-journal.ts';
import { RecordOrder } from './record-order.ts';
import { NO_ROW, RecordTable, type Row } from './record-table.ts';
import { type Held, NOTHING_HELD, RecordValues } from './record-values.ts';
import type { Walk } from './rounds.ts';
import { CHANGED, IN_ORDER, VIEWED } from './row-state.ts';
import type { RangeOptions, ReadRecords, RecordEntry, Records } from './records.ts';
import type { RecordSum } from './record-sum.ts';
import { SpaceSweep } from './record-sweep.ts';
import { sizeOf } from './size-of.ts';
import { readRange, type RowReader, SpaceView } from './space-view.ts';
import { stampOf } from './stamp.ts';
import type { TakenChanges } from './taken-changes.ts';

/** Of what was there before changes were noted, and no storage has told of. */
const OLDEST_STAMP = 1;

/**
 * The records of one machine, under its own keys. Each machine has a space of its own: the small ones
 * stay fast beside a large one, and nobody has to put a prefix before each key.
 *
 * Each has a row of the table, and a value (`RecordValues`). Order is kept of rows, and only brought up to
 * date when somebody asks for it.
 */
export class RecordSpace implements Records {
  readonly name: string;
  readonly #journal: Journal;
  readonly #prefixBytes: number;
  readonly table: RecordTable = new RecordTable();
  readonly #order: RecordOrder = new RecordOrder(this.table);
  readonly #values: RecordValues;
  readonly #views = new Set<SpaceView>();
  readonly #reader: RowReader;
  /** The records without what is put off: for the draft. */
  readonly settled: Pick<ReadRecords, 'get'> = { get: <T>(key: string) => this.#get(key) as T | undefined };
  #sweep: SpaceSweep | undefined;
  /** Rows of records that are deleted, which views may still read. */
  readonly #ghosts: Row[] = [];
  /** Rows of keys under which nothing was, when that was loaded. */
  readonly #gone: Row[] = [];
  /** In the order of the first change; among them some that went, or changed back. */
  #changed: Row[] = [];
  /** Whoever reads a record often puts it next. */
  #lastKey: string | undefined;
  #lastRow: Row = NO_ROW;
  #size = 0;
  #draft: Draft | undefined;
  /** What somebody has worked out from the records; undefined again as soon as they change. */
  derived: unknown;

  constructor(name: string, journal: Journal) {
    this.name = name;
    this.#journal = journal;
    this.#prefixBytes = name.length + 1;
    this.table.expect(journal.expected);
    this.#values = new RecordValues(this.table, journal.packer, journal.kept);
    this.#reader = {
      valueOf: (row) => this.#values.read(row),
      packedOf: (row) => this.#values.packedOf(row),
      peekPacked: (row) => this.#values.peekPacked(row),
      closed: (view) => this.#closed(view),
    };
  }

  get size(): number {
    this.settle();
    return this.#size;
  }

  /** What is put off; undefined if nothing is. */
  get draft(): Draft | undefined {
    return this.#draft;
  }

  /** From here on part of the records is what the draft makes of them, as soon as anyone looks. Nothing is put off yet. */
  postpone(draft: Draft): void {
    assert(this.#draft === undefined, 'a space has one draft at a time');
    this.#draft = draft;
  }

  /** Everyone who reads or writes records calls for it first, and so does whoever wants to undo what comes next. */
  settle(): void {
    const draft = this.#draft;
    if (draft === undefined) return;
    assert(this.#journal.undo === undefined, 'what is put off is no part of what may be undone');
    this.#draft = undefined;
    draft.settle();
  }

  get<T>(key: string): T | undefined {
    this.settle();
    return this.#get(key) as T | undefined;
  }

  /** About what the value of a record takes when stored; 0 if there is none. */
  bytesOf(key: string): number {
    this.settle();
    const row = this.#find(key);
    return row === NO_ROW ? 0 : this.table.bytesOf(row);
  }

  /** See `RecordChange`: of what is stored under the key. */
  stampOf(key: string): number {
    this.settle();
    const row = this.#find(key);
    return row === NO_ROW ? 0 : this.table.stampOf(row);
  }

  range<T>(from: string, to: string | undefined, options: RangeOptions = {}): Iterable<RecordEntry<T>> {
    this.settle();
    const read = this.#reader.valueOf as (row: Row) => T;
    return readRange(this.#order.between(from, to), this.table, from, to, options, read);
  }

  /** The keys of a range, without opening the records. */
  *keys(from: string, to: string | undefined, options: RangeOptions = {}): Generator<string> {
    this.settle();
    const order = this.#order.between(from, to);
    for (const [key] of readRange(order, this.table, from, to, options, () => undefined)) yield key;
  }

  /** @throws PlainnessError if the key is no binary string or the value is not plain */
  put(key: string, value: unknown): void {
    this.putSized(key, value, sizeOf(value));
  }

  /** @param bytes - of the value, by `sizeOf`, which has proven it plain */
  putSized(key: string, value: unknown, bytes: number): void {
    this.settle();
    const row = this.#findOrAdd(key);
    this.#set(row, key, this.#values.hold(value, bytes));
  }

  delete(key: string): boolean {
    this.settle();
    const row = this.#find(key);
    if (row === NO_ROW || !this.table.isThere(row)) return false;
    this.#set(row, key, NOTHING_HELD);
    return true;
  }

  /** Takes back a change, the last one first. */
  undo({ key, before, wasChanged }: SpaceChange): void {
    this.settle();
    this.#set(this.#findOrAdd(key), key, before);
    const row = this.#find(key);
    if (row !== NO_ROW && !wasChanged) this.#unchange(row);
  }

  /**
   * Takes in a record as the codec wrote it, and as a storage will have it, in the place of the one that
   * is there. Only while changes are not noted; keys may come in any order. Keeps nothing of the memory
   * that it is lent.
   */
  load(key: ByteRange, encoded: ByteRange, bytes: number, stamp: number): void {
    const found = this.#beginLoading(key);
    const row = found < 0 ? ~found : found;
    if (found < 0) this.#loadedNew(row, key);
    this.#values.release(this.#values.held(row));
    this.#loaded(row, encoded, bytes, stamp);
  }

  /**
   * The same from what a storage was told, the last first: does nothing if the key was loaded before.
   * With the stamp 0, the record went: nothing that comes later is taken in.
   *
   * @returns whether there is a record now that was not there before
   */
  loadEarlier(key: ByteRange, encoded: ByteRange, bytes: number, stamp: number): boolean {
    const found = this.#beginLoading(key);
    if (found >= 0) return false;
    if (stamp === 0) {
      this.#gone.push(~found);
      return false;
    }
    this.#loadedNew(~found, key);
    this.#loaded(~found, encoded, bytes, stamp);
    return true;
  }

  /** All was loaded. It has its place in the order: the first who asks need not wait for that. */
  endLoading(): void {
    for (const row of this.#gone.splice(0)) {
      this.table.unlink(row);
      this.table.free(row);
    }
    this.#order.between('', undefined);
  }

  /** Adds what changed to the batch, in the order of the first change; `index` is where the log is now. */
  takeChanged(batch: TakenChanges, index: number): void {
    this.settle();
    batch.begin(this);
    for (const row of this.#changed) {
      if (!this.table.has(row, CHANGED)) continue;
      this.table.unmark(row, CHANGED);
      const stampBefore = this.table.stampOf(row);
      const stamp = this.table.isThere(row) ? stampOf(index, batch.length) : 0;
      const keyBytes = this.#keyBytes(this.table.keyLengthOf(row));
      batch.add(row, keyBytes, this.#values.held(row), stamp, stampBefore);
      this.table.stamp(row, stamp);
      if (stamp === 0) this.#remove(row);
      else this.table.stored(row, this.#journal.round);
    }
    this.#changed = [];
  }

  /** Adds records that no storage was given in this round. Whether there are no more; nothing has changed that was not taken. */
  renew(batch: TakenChanges, walk: Walk): boolean {
    const { table } = this;
    const { round } = this.#journal;
    batch.begin(this);
    for (; walk.row < table.rows; walk.row++) {
      // Under some rows that are due there is only what views still read.
      if (!table.isDue(walk.row, round) || !table.isThere(walk.row)) continue;
      if (walk.bytesLeft <= 0) return false;
      const stamp = table.stampOf(walk.row);
      const keyBytes = this.#keyBytes(table.keyLengthOf(walk.row));
      batch.add(walk.row, keyBytes, this.#values.held(walk.row), stamp, stamp);
      table.stored(walk.row, round);
      walk.bytesLeft -= keyBytes + table.bytesOf(walk.row);
    }
    return true;
  }

  /** What it holds now; to be closed by whoever asked for it. */
  view(): SpaceView {
    this.settle();
    const view = new SpaceView(this.#order.copy(), this.table, this.#reader);
    this.#views.add(view);
    return view;
  }

  /** Begins to sum up what it holds now. The last sweep is over. */
  sweep(codec: Codec, sum: RecordSum): SpaceSweep {
    this.settle();
    assert(this.#sweep?.isOver ?? true, 'one sweep at a time');
    this.#sweep = new SpaceSweep({ name: this.name, table: this.table, reader: this.#reader, codec, sum });
    return this.#sweep;
  }

  /** The row of the key; the complement of a new one if it had none. */
  #beginLoading(key: ByteRange): Row {
    assert(!this.#journal.tracked && this.#views.size === 0, 'what is loaded is no change to anybody');
    this.derived = undefined;
    this.#lastKey = undefined;
    return this.table.findOrAddBytes(key);
  }

  #loadedNew(row: Row, key: ByteRange): void {
    this.#order.add(row);
    this.#size++;
    this.#journal.bytes += this.#keyBytes(key.to - key.from);
  }

  #loaded(row: Row, encoded: ByteRange, bytes: number, stamp: number): void {
    this.#journal.bytes += bytes - this.table.bytesOf(row);
    this.#values.set(row, this.#values.holdEncoded(encoded, bytes));
    this.table.stamp(row, stamp);
    this.table.stored(row, this.#journal.round);
  }

  #find(key: string): Row {
    if (key === this.#lastKey) return this.#lastRow;
    const row = this.table.find(key);
    this.#lastKey = key;
    this.#lastRow = row;
    return row;
  }

  #findOrAdd(key: string): Row {
    const found = this.#find(key);
    if (found !== NO_ROW) return found;
    if (!isBinary(key)) throw new PlainnessError('a record key holds a character above one byte');
    this.#lastRow = this.table.add(key);
    return this.#lastRow;
  }

  /** Puts something, or nothing, in the place of what stands there. */
  #set(row: Row, key: string, held: Held): void {
    this.derived = undefined;
    const before = this.#values.held(row);
    const wasThere = this.table.isThere(row);
    this.#note(row, key, before);
    this.#values.set(row, held);
    const isThere = this.table.isThere(row);
    this.#journal.bytes += held.bytes - before.bytes;
    if (isThere && !wasThere) this.#came(row, key);
    if (!isThere && wasThere) this.#went(row, key);
    if (this.#journal.tracked) this.#journal.changedBytes += held.bytes;
  }

  #get(key: string): unknown {
    const row = this.#find(key);
    return row === NO_ROW ? undefined : this.#values.get(row);
  }

  #came(row: Row, key: string): void {
    this.#size++;
    this.#journal.bytes += this.#keyBytes(key.length);
    if (!this.#journal.tracked) this.table.stamp(row, OLDEST_STAMP);
    this.#order.came(row, key);
  }

  #went(row: Row, key: string): void {
    this.#size--;
    this.#journal.bytes -= this.#keyBytes(key.length);
    this.#order.went(row);
    if (this.#journal.tracked && this.table.stampOf(row) !== 0) return;
    // Nothing is stored under the key: it came and went, and nobody needs to hear of it.
    this.#unchange(row);
    this.#remove(row);
  }

  /** Nothing is left under the key. */
  #remove(row: Row): void {
    this.#lastKey = undefined;
    this.table.unlink(row);
    if (this.table.has(row, VIEWED) && this.#views.size > 0) this.#ghosts.push(row);
    else this.#journal.kept.free(this.table, row);
  }

  #closed(view: SpaceView): void {
    this.#views.delete(view);
    if (this.#views.size > 0) return;
    for (const row of this.#ghosts.splice(0)) this.#journal.kept.free(this.table, row);
  }

  #unchange(row: Row): void {
    if (!this.table.has(row, CHANGED)) return;
    this.table.unmark(row, CHANGED);
    this.#journal.changes--;
  }

  /** What is about to change. Its piece is released when nobody can ask for it any more. */
  #note(row: Row, key: string, before: Held): void {
    const wasChanged = this.table.has(row, CHANGED);
    const { undo, tracked } = this.#journal;
    if (this.#views.size > 0) this.#tellViews(row);
    if (this.#sweep !== undefined) this.#tellSweep(this.#sweep, row);
    if (undo === undefined) this.#values.release(before);
    else undo.push({ space: this, key, before, wasChanged });
    if (!tracked || wasChanged) return;
    this.table.mark(row, CHANGED);
    this.#changed.push(row);
    this.#journal.changes++;
  }

  /** No view knows of a record that has no place in the order: the events and replies that come and go cost it nothing. */
  #tellViews(row: Row): void {
    if (!this.table.has(row, IN_ORDER)) return;
    this.table.mark(row, VIEWED);
    const before = this.#values.copied(row);
    for (const view of this.#views) view.changes(row, before);
  }

  #tellSweep(sweep: SpaceSweep, row: Row): void {
    if (sweep.isOver) this.#sweep = undefined;
    else sweep.changes(row);
  }

  /** What a key counts for. */
  #keyBytes(length: number): number {
    return this.#prefixBytes + length;
  }
}
