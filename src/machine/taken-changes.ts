import { assert, present } from '../base/assert.ts';
import { allOf, type ByteRange } from '../base/byte-range.ts';
import type { Codec } from '../base/codec.ts';
import { type Handle, NOWHERE } from './record-arena.ts';
import type { RecordPacker } from './record-packer.ts';
import type { RecordTable, Row } from './record-table.ts';
import type { HeldChanges, RecordChange } from './records.ts';
import type { Held } from './record-values.ts';

/** A space that changes are taken from. */
export interface TakenFrom {
  readonly name: string;
  readonly table: RecordTable;
}

/** From the change of that place on, they are of that space. */
interface Part {
  readonly space: TakenFrom;
  readonly from: number;
}

/**
 * Changes that were taken from spaces. It holds numbers alone, but for values that are not packed: a change
 * is an object only while somebody looks at it.
 */
export class TakenChanges implements HeldChanges {
  readonly beginsRound: boolean;
  readonly packer: RecordPacker | undefined;
  readonly #over: () => void;
  readonly #parts: Part[] = [];
  readonly rows: Row[] = [];
  readonly places: Handle[] = [];
  readonly sizes: number[] = [];
  readonly stamps: number[] = [];
  readonly stampsBefore: number[] = [];
  /** What is not packed, by the place of the change. */
  readonly values: Map<number, unknown> = new Map();
  #bytes = 0;
  #isOver = false;

  /** @param over - to be called when nobody looks at them any more */
  constructor(packer: RecordPacker | undefined, beginsRound: boolean, over: () => void) {
    this.packer = packer;
    this.beginsRound = beginsRound;
    this.#over = over;
  }

  get length(): number {
    return this.rows.length;
  }

  /** About what they take when stored, with their keys. */
  get bytes(): number {
    return this.#bytes;
  }

  /** What follows is of that space. */
  begin(space: TakenFrom): void {
    this.#parts.push({ space, from: this.length });
  }

  /** @param keyBytes - what the key counts for */
  add(row: Row, keyBytes: number, { place, value, bytes }: Held, stamp: number, stampBefore: number): void {
    if (value !== undefined) this.values.set(this.length, value);
    this.rows.push(row);
    this.places.push(place);
    this.sizes.push(bytes);
    this.stamps.push(stamp);
    this.stampsBefore.push(stampBefore);
    this.#bytes += keyBytes + bytes;
  }

  *[Symbol.iterator](): Generator<RecordChange, void, undefined> {
    for (const [at, { space, from }] of this.#parts.entries()) {
      const end = this.#parts[at + 1]?.from ?? this.length;
      for (let change = from; change < end; change++) yield this.#change(space, change);
    }
  }

  close(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#over();
  }

  #change(space: TakenFrom, at: number): RecordChange {
    assert(!this.#isOver, 'changes are looked at before they are closed');
    return new TakenChange(this, space, at);
  }
}

class TakenChange implements RecordChange {
  readonly #of: TakenChanges;
  readonly #from: TakenFrom;
  readonly #at: number;

  constructor(of: TakenChanges, from: TakenFrom, at: number) {
    this.#of = of;
    this.#from = from;
    this.#at = at;
  }

  get space(): string {
    return this.#from.name;
  }

  get key(): string {
    return `${this.space}/${this.#from.table.keyOf(this.#row)}`;
  }

  get keyBytes(): ByteRange {
    return this.#from.table.keyBytesOf(this.#row);
  }

  get bytes(): number {
    return this.#of.sizes[this.#at] ?? 0;
  }

  get stamp(): number {
    return this.#of.stamps[this.#at] ?? 0;
  }

  get stampBefore(): number {
    return this.#of.stampsBefore[this.#at] ?? 0;
  }

  get value(): unknown {
    const { packer, values } = this.#of;
    return this.#place === NOWHERE ? values.get(this.#at) : packer?.value(this.#place);
  }

  encoded(codec: Codec): ByteRange {
    const { packer, values } = this.#of;
    if (this.#place === NOWHERE) return allOf(codec.encode(values.get(this.#at)));
    return present(packer, 'what is packed has a packer').range(this.#place);
  }

  get #row(): Row {
    return this.#of.rows[this.#at] ?? 0;
  }

  get #place(): Handle {
    return this.#of.places[this.#at] ?? NOWHERE;
  }
}
