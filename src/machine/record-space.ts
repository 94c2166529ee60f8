import { assert } from '../base/assert.ts';
import type { Codec } from '../base/codec.ts';
import { allOf, type ByteRange } from '../base/byte-range.ts';
import type { Draft } from './draft.ts';
import { encodedAs, opened } from './packed-value.ts';
import { NOWHERE, PIECE_BYTES_MAX } from './record-arena.ts';
import type { Journal, SpaceChange } from './record-journal.ts';
import { type Cell, CHANGED, IN_ORDER, VIEWED } from './record-cell.ts';
import { RecordCells } from './record-cells.ts';
import { RecordOrder } from './record-order.ts';
import type { RecordPacker } from './record-packer.ts';
import { NO_ROW, RecordTable, type Row } from './record-table.ts';
import type { Walk } from './rounds.ts';
import type { RangeOptions, ReadRecords, RecordChange, RecordEntry, Records } from './records.ts';
import type { RecordSum } from './record-sum.ts';
import { SpaceSweep } from './record-sweep.ts';
import { sizeOf } from './size-of.ts';
import { readRange, type RowReader, SpaceView } from './space-view.ts';
import { stampOf } from './stamp.ts';
import { TakenChange } from './taken-change.ts';

/** Of what was there before changes were noted, and no storage has told of. */
const OLDEST_STAMP = 1;

/**
 * The records of one machine, under its own keys. Each machine has a space of its own: the small ones
 * stay fast beside a large one, and nobody has to put a prefix before each key.
 *
 * Each has a row of the table. What was asked for lately is open: it also has a cell, with the value.
 * All else is packed: the value as bytes. Order is kept of rows, and only brought up to date when
 * somebody asks for it.
 */
export class RecordSpace implements Records {
  readonly name: string;
  readonly #journal: Journal;
  readonly #packer: RecordPacker | undefined;
  readonly #prefixBytes: number;
  readonly #table: RecordTable = new RecordTable();
  readonly #order: RecordOrder = new RecordOrder(this.#table);
  readonly #cells: RecordCells;
  readonly #views = new Set<SpaceView>();
  readonly #reader: RowReader;
  /** The records without what is put off: for the draft. */
  readonly settled: Pick<ReadRecords, 'get'> = { get: <T>(key: string) => this.#get(key) as T | undefined };
  #sweep: SpaceSweep | undefined;
  /** Rows of records that are deleted, which views may still read. */
  readonly #ghosts: Row[] = [];
  /** Rows of keys under which nothing was, when that was loaded. */
  readonly #gone: Row[] = [];
  #changed: Cell[] = [];
  #size = 0;
  #draft: Draft | undefined;
  /** What somebody has worked out from the records; undefined again as soon as they change. */
  derived: unknown;

  constructor(name: string, journal: Journal) {
    this.name = name;
    this.#journal = journal;
    this.#packer = journal.packer;
    this.#prefixBytes = name.length + 1;
    this.#table.expect(journal.expected);
    this.#cells = new RecordCells(this.#table, this.#order, this.#packer);
    this.#reader = {
      valueOf: (row) => this.#cells.valueOf(row),
      packedOf: (row) => this.#cells.packedOf(row),
      peekPacked: (row) => this.#cells.peekPacked(row),
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
    const row = this.#table.find(key);
    return row === NO_ROW ? 0 : this.#cells.bytesOf(row);
  }

  /** See `RecordChange`: of what is stored under the key. */
  stampOf(key: string): number {
    this.settle();
    const row = this.#table.find(key);
    return row === NO_ROW ? 0 : this.#cells.stampOf(row);
  }

  range<T>(from: string, to: string | undefined, options: RangeOptions = {}): Iterable<RecordEntry<T>> {
    this.settle();
    const read = this.#reader.valueOf as (row: Row) => T;
    return readRange(this.#order.between(from, to), this.#table, from, to, options, read);
  }

  /** The keys of a range, without opening the records. */
  *keys(from: string, to: string | undefined, options: RangeOptions = {}): Generator<string> {
    this.settle();
    const order = this.#order.between(from, to);
    for (const [key] of readRange(order, this.#table, from, to, options, () => undefined)) yield key;
  }

  /** @throws PlainnessError if the key is no binary string or the value is not plain */
  put(key: string, value: unknown): void {
    this.settle();
    this.#put(key, value, sizeOf(value));
  }

  /**
   * The same for a record that is done, and that few will ask for: its value is packed at once, unless it is large.
   *
   * @param bytes - its size, by `sizeOf`, which has proven it plain
   */
  putAway(key: string, value: unknown, bytes: number): void {
    this.settle();
    const packed = bytes > PIECE_BYTES_MAX ? undefined : this.#packer?.packed(value);
    this.#put(key, packed ?? value, bytes);
  }

  delete(key: string): boolean {
    this.settle();
    this.derived = undefined;
    const cell = this.#cells.findUnread(key);
    if (cell?.value === undefined) return false;
    this.#journal.bytes -= this.#keyBytes(key) + cell.bytes;
    this.#note(cell);
    this.#cells.forgetPacked(cell.row);
    this.#order.went(cell);
    cell.value = undefined;
    cell.bytes = 0;
    this.#size--;
    if (!this.#journal.tracked || cell.stamp === 0) this.#forget(cell);
    return true;
  }

  /** Takes back a change, the last one first. */
  undo({ key, before, wasChanged }: SpaceChange): void {
    if (before === undefined) this.delete(key);
    else this.put(key, before);
    const cell = this.#cells.find(key);
    if (cell !== undefined && !wasChanged) this.#unchange(cell);
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
    this.#journal.bytes += bytes - this.#cells.bytesOf(row);
    this.#cells.load(row, encoded, bytes, stamp);
    this.#table.stored(row, this.#journal.round);
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
    this.#journal.bytes += bytes;
    this.#cells.load(~found, encoded, bytes, stamp);
    this.#table.stored(~found, this.#journal.round);
    return true;
  }

  /** All was loaded. It has its place in the order: the first who asks need not wait for that. */
  endLoading(): void {
    for (const row of this.#gone.splice(0)) {
      this.#table.unlink(row);
      this.#table.free(row);
    }
    this.#order.between('', undefined);
  }

  /** Adds what changed to `changes`, in the order of the first change; `index` is where the log is now. */
  takeChanged(changes: RecordChange[], index: number): void {
    this.settle();
    for (const cell of this.#changed) {
      if ((cell.state & CHANGED) === 0) continue;
      cell.state &= ~CHANGED;
      const { value, stamp: stampBefore } = cell;
      cell.stamp = value === undefined ? 0 : stampOf(index, changes.length);
      if (value === undefined) this.#remove(cell);
      else this.#table.stored(cell.row, this.#journal.round);
      changes.push(new TakenChange(this, cell, value, stampBefore));
    }
    this.#changed = [];
  }

  /** Adds records that no storage was given in this round. Whether there are no more; nothing has changed that was not taken. */
  renew(changes: RecordChange[], walk: Walk): boolean {
    const { round } = this.#journal;
    for (; walk.row < this.#table.rows; walk.row++) {
      if (!this.#table.isDue(walk.row, round)) continue;
      if (walk.bytesLeft <= 0) return false;
      const change = this.#unchanged(walk.row);
      if (change === undefined) continue;
      this.#table.stored(walk.row, round);
      walk.bytesLeft -= change.key.length + change.bytes;
      changes.push(change);
    }
    return true;
  }

  /** Undefined for a row that only views still read. */
  #unchanged(row: Row): TakenChange | undefined {
    const table = this.#table;
    const open = table.cellOf(row);
    if (open !== undefined) return new TakenChange(this, open, open.value, open.stamp);
    const at = table.placeOf(row);
    if (at === NOWHERE) return undefined;
    const stamp = table.stampOf(row);
    const cell = { key: table.keyOf(row), value: undefined, bytes: table.bytesOf(row), stamp, row, state: 0 };
    return new TakenChange(this, cell, this.#packer?.copied(at), stamp);
  }

  /** A value that was taken from the cell, encoded: if it is still there, it need not be encoded again to be packed. */
  encode(cell: Cell, value: unknown, codec: Codec): Uint8Array {
    const encoded = encodedAs(value, codec);
    if (cell.value === value && this.#packer !== undefined && this.#table.placeOf(cell.row) === NOWHERE) {
      this.#table.place(cell.row, this.#packer.pack(allOf(encoded)));
    }
    return encoded;
  }

  /** What it holds now; to be closed by whoever asked for it. */
  view(): SpaceView {
    this.settle();
    const view = new SpaceView(this.#order.copy(), this.#table, this.#reader);
    this.#views.add(view);
    return view;
  }

  /** Begins to sum up what it holds now. The last sweep is over. */
  sweep(codec: Codec, sum: RecordSum): SpaceSweep {
    this.settle();
    assert(this.#sweep?.isOver ?? true, 'one sweep at a time');
    this.#sweep = new SpaceSweep({ name: this.name, table: this.#table, reader: this.#reader, codec, sum });
    return this.#sweep;
  }

  /** The row of the key; the complement of a new one if it had none. */
  #beginLoading(key: ByteRange): Row {
    assert(!this.#journal.tracked && this.#views.size === 0, 'what is loaded is no change to anybody');
    this.derived = undefined;
    return this.#table.findOrAddBytes(key);
  }

  #loadedNew(row: Row, key: ByteRange): void {
    this.#order.add(row);
    this.#size++;
    this.#journal.bytes += this.#prefixBytes + key.to - key.from;
  }

  #put(key: string, value: unknown, bytes: number): void {
    this.derived = undefined;
    const cell = this.#cells.find(key) ?? this.#cells.add(key);
    const isNew = cell.value === undefined;
    this.#journal.bytes += bytes - (isNew ? -this.#keyBytes(key) : cell.bytes);
    this.#note(cell);
    this.#cells.forgetPacked(cell.row);
    cell.value = value;
    cell.bytes = bytes;
    if (isNew) this.#came(cell);
    this.#cells.used(cell);
    if (this.#journal.tracked) this.#journal.changedBytes += bytes;
  }

  #get(key: string): unknown {
    const cell = this.#cells.find(key);
    if (cell?.value === undefined) return undefined;
    this.#cells.used(cell);
    return opened(cell.value);
  }

  /** Nothing is left under the key. */
  #remove({ row, state }: Cell): void {
    this.#cells.close(row);
    this.#table.unlink(row);
    if ((state & VIEWED) !== 0 && this.#views.size > 0) this.#ghosts.push(row);
    else this.#table.free(row);
  }

  #came(cell: Cell): void {
    this.#size++;
    if (!this.#journal.tracked) cell.stamp = OLDEST_STAMP;
    this.#order.came(cell);
  }

  #closed(view: SpaceView): void {
    this.#views.delete(view);
    if (this.#views.size > 0) return;
    for (const row of this.#ghosts.splice(0)) this.#table.free(row);
  }

  /** Nothing is stored under the key: it came and went, and nobody needs to hear of it. */
  #forget(cell: Cell): void {
    this.#remove(cell);
    this.#unchange(cell);
  }

  #unchange(cell: Cell): void {
    if ((cell.state & CHANGED) === 0) return;
    cell.state &= ~CHANGED;
    this.#journal.changes--;
  }

  /** What is about to change. */
  #note(cell: Cell): void {
    const wasChanged = (cell.state & CHANGED) !== 0;
    const { undo, tracked } = this.#journal;
    undo?.push({ space: this, key: cell.key, before: opened(cell.value), wasChanged });
    if (this.#views.size > 0) this.#tellViews(cell, opened(cell.value));
    if (this.#sweep !== undefined) this.#tellSweep(this.#sweep, cell, opened(cell.value));
    if (!tracked || wasChanged) return;
    cell.state |= CHANGED;
    this.#changed.push(cell);
    this.#journal.changes++;
  }

  /** No view knows of a record that has no place in the order: the events and replies that come and go cost it nothing. */
  #tellViews(cell: Cell, before: unknown): void {
    if ((cell.state & IN_ORDER) === 0) return;
    cell.state |= VIEWED;
    for (const view of this.#views) view.changes(cell.row, before);
  }

  #tellSweep(sweep: SpaceSweep, { row }: Cell, before: unknown): void {
    if (sweep.isOver) this.#sweep = undefined;
    else sweep.changes(row, before);
  }

  #keyBytes(key: string): number {
    return this.#prefixBytes + key.length;
  }
}
