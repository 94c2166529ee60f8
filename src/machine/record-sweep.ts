import type { Codec } from '../base/codec.ts';
import { hashOf } from '../base/hash.ts';
import type { RecordSum } from './record-sum.ts';
import type { RecordTable, Row } from './record-table.ts';
import type { RowReader } from './space-view.ts';

/** A larger record counts as several: what it costs to sum it up grows with its size. */
const RECORD_BYTES = 512;

export interface SpaceSweepOptions {
  readonly name: string;
  readonly table: RecordTable;
  readonly reader: RowReader;
  readonly codec: Codec;
  readonly sum: RecordSum;
}

/**
 * Sums up the records of a space as they were when it began, row by row. What is to change before its
 * turn came is summed up first, as it is: so nothing has to be kept of what it was.
 */
export class SpaceSweep {
  readonly #options: SpaceSweepOptions;
  readonly #seed: number;
  /** Behind the last row that there was. */
  readonly #end: Row;
  #next: Row = 0;

  /** Use `RecordSpace.sweep()`. */
  constructor(options: SpaceSweepOptions) {
    this.#options = options;
    this.#seed = hashOf(options.name);
    this.#end = options.table.beginSweep();
  }

  get isOver(): boolean {
    return this.#next >= this.#end;
  }

  /** What the row holds until now. */
  changes(row: Row): void {
    if (this.#options.table.sweep(row)) this.#add(row);
  }

  /** Goes on for about so many records; how many of them are left when all are summed up. */
  step(recordsMax: number): number {
    const { table } = this.#options;
    let left = recordsMax;
    for (; left > 0 && !this.isOver; this.#next++) {
      const row = this.#next;
      left -= table.sweep(row) ? this.#add(row) : 1;
    }
    return left;
  }

  /** For how many records it counts. */
  #add(row: Row): number {
    const { table, reader, codec, sum } = this.#options;
    let encoded = reader.peekPacked(row);
    if (encoded === undefined) {
      const value = reader.valueOf(row);
      if (value === undefined) return 1;
      encoded = codec.encode(value);
    }
    sum.add(table.hashOf(row) ^ this.#seed, encoded);
    return 1 + Math.floor(encoded.length / RECORD_BYTES);
  }
}

/** The same for all spaces of a tree. */
export class RecordSweep {
  readonly #spaces: SpaceSweep[];
  readonly #sum: RecordSum;

  /** Use `RecordTree.sweep()`. */
  constructor(spaces: readonly SpaceSweep[], sum: RecordSum) {
    this.#spaces = [...spaces];
    this.#sum = sum;
  }

  /** Goes on for about so many records; the fingerprint, once all are summed up. */
  step(recordsMax: number): Uint8Array | undefined {
    let left = recordsMax;
    for (let space = this.#spaces[0]; space !== undefined && left > 0; space = this.#spaces[0]) {
      left = space.step(left);
      if (space.isOver) this.#spaces.shift();
    }
    return this.#spaces.length === 0 ? this.#sum.bytes : undefined;
  }
}
