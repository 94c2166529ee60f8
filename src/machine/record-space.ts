import { assert } from '../base/assert.ts';
import type { Codec } from '../base/codec.ts';
import { allOf, type ByteRange } from '../base/byte-range.ts';
import { binaryText, isBinary } from './binary-string.ts';
import type { Draft } from './draft.ts';
import { OpenCells } from './open-cells.ts';
import { encodedAs, opened } from './packed-value.ts';
import { PlainnessError } from './plainness-error.ts';
import { NOWHERE, PIECE_BYTES_MAX } from './record-arena.ts';
import type { Journal, SpaceChange } from './record-journal.ts';
import { type Cell, CHANGED, IN_ORDER, VIEWED } from './record-cell.ts';
import { RecordOrder } from './record-order.ts';
import type { RecordPacker } from './record-packer.ts';
import { NO_ROW, RecordTable, type Row } from './record-table.ts';
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
  readonly #open: OpenCells;
  readonly #table: RecordTable = new RecordTable();
  readonly #order: RecordOrder = new RecordOrder(this.#table);
  readonly #views = new Set<SpaceView>();
  readonly #reader: RowReader;
  /** The records without what is put off: for the draft. */
  readonly settled: Pick<ReadRecords, 'get'> = { get: <T>(key: string) => this.#get(key) as T | undefined };
  #sweep: SpaceSweep | undefined;
  /** Rows of records that are deleted, which views may still read. */
  readonly #ghosts: Row[] = [];
  /** Whoever reads a record often puts it next. */
  #last: Cell | undefined;
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
    this.#open = new OpenCells(this.#packer?.openRecordsMax ?? Infinity, (cell) => this.#pack(cell));
    this.#reader = {
      valueOf: (row) => this.#valueOf(row),
      packedOf: (row) => this.#packedOf(row),
      peekPacked: (row) => this.#peekPacked(row),
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
    return row === NO_ROW ? 0 : (this.#table.cellOf(row)?.bytes ?? this.#table.bytesOf(row));
  }

  /** See `RecordChange`: of what is stored under the key. */
  stampOf(key: string): number {
    this.settle();
    return this.#find(key)?.stamp ?? 0;
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
   * The same for a record that is done, and that few will ask for: its value is packed at once.
   *
   * @param bytes - its size, by `sizeOf`, which has proven it plain
   */
  putAway(key: string, value: unknown, bytes: number): void {
    this.settle();
    this.#put(key, this.#packer?.packed(value) ?? value, bytes);
  }

  delete(key: string): boolean {
    this.settle();
    this.derived = undefined;
    const cell = this.#findUnread(key);
    if (cell?.value === undefined) return false;
    this.#journal.bytes -= this.#keyBytes(key) + cell.bytes;
    this.#note(cell);
    this.#forgetPacked(cell);
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
    const cell = this.#find(key);
    if (cell !== undefined && !wasChanged) this.#unchange(cell);
  }

  /**
   * Takes in a record as the codec wrote it, and as a storage has it or will. Only while changes are not
   * noted. Keeps nothing of the memory that it is lent.
   */
  load(key: ByteRange, encoded: ByteRange, bytes: number, stamp: number): void {
    const packer = this.#packer;
    assert(packer !== undefined && !this.#journal.tracked, 'what is loaded is packed, and no change');
    const isLast = this.#order.isBehindAll(key);
    if (!isLast) this.delete(binaryText(key.bytes, key.from, key.to));
    this.#journal.bytes += bytes + this.#prefixBytes + key.to - key.from;
    this.#size++;
    const row = this.#table.addBytes(key);
    const at = packer.pack(encoded);
    this.#table.place(row, at);
    this.#table.describe(row, bytes, stamp);
    this.#order.add(row, isLast);
    if (at === NOWHERE) {
      const value = packer.codec.decode(encoded.bytes.slice(encoded.from, encoded.to));
      this.#openRow(row, this.#table.keyOf(row), value);
    }
  }

  /** What was loaded has its place in the order: the first who asks need not wait for that. */
  settleOrder(): void {
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
      changes.push(new TakenChange(this, cell, value, stampBefore));
    }
    this.#changed = [];
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

  #put(key: string, value: unknown, bytes: number): void {
    this.derived = undefined;
    const cell = this.#find(key) ?? this.#addCell(key);
    const isNew = cell.value === undefined;
    this.#journal.bytes += bytes - (isNew ? -this.#keyBytes(key) : cell.bytes);
    this.#note(cell);
    this.#forgetPacked(cell);
    cell.value = value;
    cell.bytes = bytes;
    if (isNew) this.#came(cell);
    this.#open.used(cell);
    if (this.#journal.tracked) this.#journal.changedBytes += bytes;
  }

  #get(key: string): unknown {
    const cell = this.#find(key);
    if (cell?.value === undefined) return undefined;
    this.#open.used(cell);
    return opened(cell.value);
  }

  /** The cell of the key, opened if it was packed. */
  #find(key: string): Cell | undefined {
    if (this.#last?.key === key) return this.#last;
    const row = this.#table.find(key);
    const cell = row === NO_ROW ? undefined : (this.#table.cellOf(row) ?? this.#unpack(row, key));
    this.#last = cell;
    return cell;
  }

  /** The same for a record that goes: its value is not opened for that. */
  #findUnread(key: string): Cell | undefined {
    const row = this.#table.find(key);
    if (row === NO_ROW || this.#packer === undefined || this.#table.cellOf(row) !== undefined)
      return this.#find(key);
    return this.#openRow(row, key, this.#packer.lent(this.#table.placeOf(row)));
  }

  #unpack(row: Row, key: string): Cell | undefined {
    if (this.#packer === undefined) return undefined;
    const cell = this.#openRow(row, key, this.#packer.value(this.#table.placeOf(row)));
    this.#open.used(cell);
    return cell;
  }

  /** A row of the order that has no cell. */
  #openRow(row: Row, key: string, value: unknown): Cell {
    const table = this.#table;
    const cell = { key, value, bytes: table.bytesOf(row), stamp: table.stampOf(row), row, state: IN_ORDER };
    table.open(row, cell);
    return cell;
  }

  #addCell(key: string): Cell {
    if (!isBinary(key)) throw new PlainnessError('a record key holds a character above one byte');
    const row = this.#table.add(key);
    const cell = { key, value: undefined, bytes: 0, stamp: 0, row, state: 0 };
    this.#table.open(row, cell);
    this.#last = cell;
    return cell;
  }

  /** Nothing is left under the key. */
  #remove({ row, state }: Cell): void {
    this.#close(row);
    this.#table.unlink(row);
    if ((state & VIEWED) !== 0 && this.#views.size > 0) this.#ghosts.push(row);
    else this.#table.free(row);
  }

  #close(row: Row): void {
    this.#table.close(row);
    this.#last = undefined;
  }

  /** From here on the record is a row and bytes; unless it is too large, then it stays as it is. */
  #pack(cell: Cell): void {
    const packer = this.#packer;
    if (packer === undefined || cell.bytes > PIECE_BYTES_MAX) return;
    this.#order.settle(cell);
    const { row } = cell;
    if (this.#table.placeOf(row) === NOWHERE) {
      const at = packer.pack(allOf(encodedAs(cell.value, packer.codec)));
      if (at === NOWHERE) return;
      this.#table.place(row, at);
    }
    this.#table.describe(row, cell.bytes, cell.stamp);
    this.#close(row);
    cell.value = undefined;
  }

  #valueOf(row: Row): unknown {
    const cell = this.#table.cellOf(row);
    if (cell !== undefined) return opened(cell.value);
    const at = this.#table.placeOf(row);
    return at === NOWHERE ? undefined : this.#packer?.value(at);
  }

  #packedOf(row: Row): Uint8Array | undefined {
    const at = this.#table.placeOf(row);
    return at === NOWHERE ? undefined : this.#packer?.encoded(at);
  }

  #peekPacked(row: Row): Uint8Array | undefined {
    const at = this.#table.placeOf(row);
    return at === NOWHERE ? undefined : this.#packer?.peek(at);
  }

  #forgetPacked({ row }: Cell): void {
    const at = this.#table.placeOf(row);
    if (at === NOWHERE) return;
    this.#packer?.release(at);
    this.#table.place(row, NOWHERE);
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
