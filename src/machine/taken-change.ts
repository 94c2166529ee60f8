import type { Codec } from '../base/codec.ts';
import { opened } from './packed-value.ts';
import type { Cell } from './record-cell.ts';
import type { RecordSpace } from './record-space.ts';
import type { RecordChange } from './records.ts';

/** A change that was taken from a space, and stays as it is while the record goes on changing. */
export class TakenChange implements RecordChange {
  readonly key: string;
  readonly bytes: number;
  readonly stamp: number;
  readonly stampBefore: number;
  readonly #space: RecordSpace;
  readonly #cell: Cell;
  readonly #value: unknown;

  /** @param cell - as it is now, with the stamp of this change */
  constructor(space: RecordSpace, cell: Cell, value: unknown, stampBefore: number) {
    this.key = `${space.name}/${cell.key}`;
    this.bytes = cell.bytes;
    this.stamp = cell.stamp;
    this.stampBefore = stampBefore;
    this.#space = space;
    this.#cell = cell;
    this.#value = value;
  }

  get value(): unknown {
    return opened(this.#value);
  }

  encode(codec: Codec): Uint8Array {
    return this.#space.encode(this.#cell, this.#value, codec);
  }
}
