import { type ByteRange, copyOf } from '../base/byte-range.ts';
import type { Kept } from './kept.ts';
import { OpenRows } from './open-rows.ts';
import { type Handle, NOWHERE, PIECE_BYTES_MAX } from './record-arena.ts';
import type { RecordPacker } from './record-packer.ts';
import { NO_ROW, type RecordTable, type Row } from './record-table.ts';
import { OPEN, TOUCHED } from './row-state.ts';

/** What stands under a row: as bytes, or as it is. */
export interface Held {
  /** NOWHERE for what is too large to be packed, and for nothing. */
  readonly place: Handle;
  /** Of what is not packed; undefined for nothing. */
  readonly value: unknown;
  /** See `RecordTree.bytes`. */
  readonly bytes: number;
}

export const NOTHING_HELD: Held = { place: NOWHERE, value: undefined, bytes: 0 };

/**
 * The values of a space's records. They are packed as soon as they are put: as objects they would grow
 * old, and be looked at by collections of garbage, until the next one takes their place. What is asked for
 * and not put next is open besides, to be had without unpacking it each time.
 */
export class RecordValues {
  readonly #table: RecordTable;
  readonly #packer: RecordPacker | undefined;
  readonly #kept: Kept;
  readonly #open: OpenRows;
  /** What was asked for last, and is not open. */
  #lastRow: Row = NO_ROW;
  #last: unknown;

  /** @param packer - without one, all values stay as they are */
  constructor(table: RecordTable, packer: RecordPacker | undefined, kept: Kept) {
    this.#table = table;
    this.#packer = packer;
    this.#kept = kept;
    this.#open = new OpenRows(table, packer?.openRecordsMax ?? 0);
  }

  /** For somebody who may ask for it again. */
  get(row: Row): unknown {
    const value = this.#table.valueOf(row);
    if (value !== undefined) {
      this.#table.mark(row, TOUCHED);
      return value;
    }
    if (row === this.#lastRow) return this.#last;
    const at = this.#table.placeOf(row);
    if (at === NOWHERE || this.#packer === undefined) return undefined;
    // Whoever asks for a record often puts it next: then it need not be open.
    if (this.#lastRow !== NO_ROW) this.#open.open(this.#lastRow, this.#last);
    this.#last = this.#packer.value(at);
    this.#lastRow = row;
    return this.#last;
  }

  /** Leaves no trace. */
  read(row: Row): unknown {
    const value = this.#table.valueOf(row);
    if (value !== undefined) return value;
    const at = this.#table.placeOf(row);
    return at === NOWHERE ? undefined : this.#packer?.value(at);
  }

  /** What stands there; its piece stays until it is released. */
  held(row: Row): Held {
    const place = this.#table.placeOf(row);
    const value = place === NOWHERE ? this.#table.valueOf(row) : undefined;
    return { place, value, bytes: this.#table.bytesOf(row) };
  }

  /** A value, or a copy of its bytes. */
  copied(row: Row): unknown {
    const at = this.#table.placeOf(row);
    return at === NOWHERE || this.#packer === undefined ? this.#table.valueOf(row) : this.#packer.copied(at);
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

  /** A value to be put somewhere; `bytes` is its size. */
  hold(value: unknown, bytes: number): Held {
    const packer = this.#packer;
    const isSmall = packer !== undefined && bytes <= PIECE_BYTES_MAX;
    const place = isSmall ? packer.packValue(value) : NOWHERE;
    return { place, value: place === NOWHERE ? value : undefined, bytes };
  }

  /** The same of a value as the codec wrote it. Keeps nothing of the memory that it is lent. */
  holdEncoded(encoded: ByteRange, bytes: number): Held {
    const place = this.#packer?.pack(encoded) ?? NOWHERE;
    if (place !== NOWHERE) return { place, value: undefined, bytes };
    const value = this.#packer?.codec.decode(copyOf(encoded));
    return { place, value, bytes };
  }

  /** Puts something in the place of what stands there, of which the piece is not released. */
  set(row: Row, { place, value, bytes }: Held): void {
    if (row === this.#lastRow) this.#forgetLast();
    this.#table.unmark(row, OPEN);
    this.#table.letGo(row);
    this.#table.place(row, place);
    this.#table.measure(row, bytes);
    if (value !== undefined) this.#table.hold(row, value);
  }

  release({ place }: Held): void {
    if (place !== NOWHERE) this.#kept.release(place);
  }

  #forgetLast(): void {
    this.#lastRow = NO_ROW;
    this.#last = undefined;
  }
}
