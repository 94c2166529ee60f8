import { assert } from '../base/assert.ts';
import { allOf, type ByteRange } from '../base/byte-range.ts';
import { isBinary } from './binary-string.ts';
import { OpenCells } from './open-cells.ts';
import { encodedAs, opened } from './packed-value.ts';
import { PlainnessError } from './plainness-error.ts';
import { NOWHERE, PIECE_BYTES_MAX } from './record-arena.ts';
import { type Cell, IN_ORDER } from './record-cell.ts';
import type { RecordOrder } from './record-order.ts';
import type { RecordPacker } from './record-packer.ts';
import { NO_ROW, type RecordTable, type Row } from './record-table.ts';

/** The values of a space's records: open, in the cell of the row, or packed. */
export class RecordCells {
  readonly #table: RecordTable;
  readonly #order: RecordOrder;
  readonly #packer: RecordPacker | undefined;
  readonly #open: OpenCells;
  /** Whoever reads a record often puts it next. */
  #last: Cell | undefined;

  /** @param packer - without one, all records stay open */
  constructor(table: RecordTable, order: RecordOrder, packer: RecordPacker | undefined) {
    this.#table = table;
    this.#order = order;
    this.#packer = packer;
    this.#open = new OpenCells(packer?.openRecordsMax ?? Infinity, (cell) => this.#pack(cell));
  }

  /** The cell of the key, opened if it was packed. */
  find(key: string): Cell | undefined {
    if (this.#last?.key === key) return this.#last;
    const row = this.#table.find(key);
    const cell = row === NO_ROW ? undefined : (this.#table.cellOf(row) ?? this.#unpack(row, key));
    this.#last = cell;
    return cell;
  }

  /** The same for a record that goes: its value is not opened for that. */
  findUnread(key: string): Cell | undefined {
    const row = this.#table.find(key);
    if (row === NO_ROW || this.#packer === undefined || this.#table.cellOf(row) !== undefined)
      return this.find(key);
    return this.#openRow(row, key, this.#packer.lent(this.#table.placeOf(row)));
  }

  /** For a key that has none. */
  add(key: string): Cell {
    if (!isBinary(key)) throw new PlainnessError('a record key holds a character above one byte');
    const row = this.#table.add(key);
    const cell = { key, value: undefined, bytes: 0, stamp: 0, row, state: 0 };
    this.#table.open(row, cell);
    this.#last = cell;
    return cell;
  }

  /** Somebody uses the cell, which holds a value. */
  used(cell: Cell): void {
    this.#open.used(cell);
  }

  close(row: Row): void {
    this.#table.close(row);
    this.#last = undefined;
  }

  bytesOf(row: Row): number {
    return this.#table.cellOf(row)?.bytes ?? this.#table.bytesOf(row);
  }

  stampOf(row: Row): number {
    return this.#table.cellOf(row)?.stamp ?? this.#table.stampOf(row);
  }

  valueOf(row: Row): unknown {
    const cell = this.#table.cellOf(row);
    if (cell !== undefined) return opened(cell.value);
    const at = this.#table.placeOf(row);
    return at === NOWHERE ? undefined : this.#packer?.value(at);
  }

  /** A copy. */
  packedOf(row: Row): Uint8Array | undefined {
    const at = this.#table.placeOf(row);
    return at === NOWHERE ? undefined : this.#packer?.encoded(at);
  }

  /** Until something is packed or released. */
  peekPacked(row: Row): Uint8Array | undefined {
    const at = this.#table.placeOf(row);
    return at === NOWHERE ? undefined : this.#packer?.peek(at);
  }

  forgetPacked(row: Row): void {
    const at = this.#table.placeOf(row);
    if (at === NOWHERE) return;
    this.#packer?.release(at);
    this.#table.place(row, NOWHERE);
  }

  /** Puts a value, as the codec wrote it, in the place of what the row holds. It is only opened if it has to be. */
  load(row: Row, encoded: ByteRange, bytes: number, stamp: number): void {
    const packer = this.#packer;
    assert(packer !== undefined, 'what is loaded is packed');
    this.forgetPacked(row);
    const at = packer.pack(encoded);
    this.#table.place(row, at);
    this.#table.describe(row, bytes, stamp);
    const cell = this.#table.cellOf(row);
    if (cell === undefined && at !== NOWHERE) return;
    const value = packer.codec.decode(encoded.bytes.slice(encoded.from, encoded.to));
    if (cell === undefined) {
      this.#openRow(row, this.#table.keyOf(row), value);
    } else {
      cell.value = value;
      cell.bytes = bytes;
      cell.stamp = stamp;
      this.#open.used(cell);
    }
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
    this.close(row);
    cell.value = undefined;
  }
}
