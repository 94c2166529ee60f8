import type { Codec } from '../base/codec.ts';
import { Slab } from '../base/slab.ts';
import { PIECE_BYTES_MAX, RecordArena } from './record-arena.ts';
import { type Cell, NOWHERE, OPEN, TOUCHED } from './record-cell.ts';

export interface Packing {
  readonly codec: Codec;
  /** So many records are held as values, ready for use. */
  readonly openRecordsMax: number;
}

/** A cell that is full is looked at so often, at most, before another one gives way. */
const CHANCES_MAX = 16;

/**
 * Keeps records that nobody asked for lately as bytes, in a third of the memory that their values
 * take, and out of the garbage collector's way. Which ones follows from what was asked alone: a clock
 * (second chance) over those that are open.
 */
export class RecordPacker {
  readonly #codec: Codec;
  readonly #openMax: number;
  readonly #arena: RecordArena = new RecordArena();
  readonly #copies: Slab = new Slab();
  readonly #open: Cell[] = [];
  #hand = 0;

  constructor({ codec, openRecordsMax }: Packing) {
    this.#codec = codec;
    this.#openMax = openRecordsMax;
  }

  /** The value of a packed record, which stays packed. */
  read(cell: Cell): unknown {
    return this.decode(this.#arena.read(cell.at));
  }

  decode(encoded: Uint8Array): unknown {
    return this.#codec.decode(encoded);
  }

  /** The value of a packed record, which somebody uses: it stays open for a while. */
  open(cell: Cell): unknown {
    cell.value = this.read(cell);
    this.opened(cell);
    return cell.value;
  }

  /** The cell holds a value. Another one may be packed instead. */
  opened(cell: Cell): void {
    cell.state |= TOUCHED;
    if ((cell.state & OPEN) !== 0) return;
    cell.state |= OPEN;
    if (this.#open.length < this.#openMax) {
      this.#open.push(cell);
      return;
    }
    this.#pack(this.#next());
    this.#open[this.#hand] = cell;
    this.#hand = (this.#hand + 1) % this.#openMax;
  }

  /** A record as the codec wrote it: it is to be kept so. False if it is too large for that. */
  keep(cell: Cell, encoded: Uint8Array): boolean {
    if (encoded.length > PIECE_BYTES_MAX) return false;
    cell.at = this.#arena.store(encoded);
    return true;
  }

  /** A packed record as the codec wrote it; a copy. */
  encoded({ at }: Cell): Uint8Array {
    return this.#copies.copy(this.#arena.read(at));
  }

  /** The bytes are not those of the record any more. */
  forget(cell: Cell): void {
    this.#arena.release(cell.at);
    cell.at = NOWHERE;
  }

  /** Moves the hand to the cell that is to give way. */
  #next(): Cell | undefined {
    for (let chances = 1; ; chances++) {
      const cell = this.#open[this.#hand];
      if (cell === undefined || (cell.state & TOUCHED) === 0 || cell.value === undefined) return cell;
      if (chances === CHANCES_MAX) return cell;
      cell.state &= ~TOUCHED;
      this.#hand = (this.#hand + 1) % this.#openMax;
    }
  }

  #pack(cell: Cell | undefined): void {
    if (cell === undefined) return;
    cell.state &= ~OPEN;
    // Deleted meanwhile.
    if (cell.value === undefined) return;
    if (cell.at !== NOWHERE || this.keep(cell, this.#codec.encode(cell.value))) cell.value = undefined;
  }
}
