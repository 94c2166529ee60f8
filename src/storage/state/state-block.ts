import { hashBegun, hashOf } from '../../base/hash.ts';
import { PIECE_BYTES_MAX } from '../../machine/record-arena.ts';
import type { RecordTree } from '../../machine/record-tree.ts';
import { BYTES_AT, HEADER_BYTES, isSound, readUint32, RECORD_PREFIX, STAMP_AT } from './state-value.ts';

/** The database was read, and is not what was written. */
export class DamagedStateError extends Error {
  override readonly name: string = 'DamagedStateError';
}

/** Records of one space, in the order of their keys; not checked yet. */
export interface StateBlock {
  readonly space: string;
  /** Within the space. */
  readonly keys: readonly string[];
  /** What is stored of each, in turn… */
  readonly records: ArrayBuffer;
  /** …and how long that is. */
  readonly lengths: readonly number[];
}

/** Where blocks go. */
export interface BlockSink {
  /** Memory for the next one, of at least that many bytes. */
  room(bytes: number): Promise<ArrayBuffer>;
  take(block: StateBlock): void;
}

/** A block has as many records as go into so many bytes; one record that needs more has a block of its own. */
export const BLOCK_BYTES: number = 512 * 1024;

/** Puts records together to blocks. */
export class BlockWriter {
  readonly #sink: BlockSink;
  #space = '';
  #keys: string[] = [];
  #lengths: number[] = [];
  #records: Uint8Array<ArrayBuffer> = new Uint8Array();
  #used = 0;

  constructor(sink: BlockSink) {
    this.#sink = sink;
  }

  /** Whether the block that is being put together takes so many bytes more, for a record of that space. */
  fits(space: string, bytes: number): boolean {
    return space === this.#space && this.#used + bytes <= this.#records.length;
  }

  /** The next block, which fits that. */
  async begin(space: string, bytes: number): Promise<void> {
    this.end();
    this.#records = new Uint8Array(await this.#sink.room(Math.max(bytes, BLOCK_BYTES)));
    this.#space = space;
  }

  /** It fits. */
  add(key: string, stored: Uint8Array): void {
    this.#keys.push(key);
    this.#lengths.push(stored.length);
    this.#records.set(stored, this.#used);
    this.#used += stored.length;
  }

  /** Nothing more comes. */
  end(): void {
    if (this.#keys.length > 0) {
      const records = this.#records.buffer;
      this.#sink.take({ space: this.#space, keys: this.#keys, records, lengths: this.#lengths });
    }
    this.#keys = [];
    this.#lengths = [];
    this.#records = new Uint8Array();
    this.#used = 0;
  }
}

/**
 * Checks the records of a block, and puts them into the tree, if there is one. Keeps nothing of the
 * block's memory.
 *
 * @throws DamagedStateError
 */
export function takeBlock(tree: RecordTree | undefined, block: StateBlock): void {
  const { space: name, keys, records, lengths } = block;
  const prefix = `${RECORD_PREFIX}${name}/`;
  const begun = hashBegun(prefix);
  const space = tree?.space(name);
  const bytes = new Uint8Array(records);
  let to = 0;
  for (let at = 0; at < keys.length; at++) {
    const key = keys[at] ?? '';
    const from = to;
    to += lengths[at] ?? 0;
    if (!isSound(hashOf(key, begun), bytes, from, to)) {
      throw new DamagedStateError(`the record ${JSON.stringify(prefix + key)} is not what was stored`);
    }
    if (space === undefined) continue;
    const lent = bytes.subarray(from + HEADER_BYTES, to);
    // Of a larger one parts may be kept as they are.
    const value = lent.length > PIECE_BYTES_MAX ? lent.slice() : lent;
    space.load(key, value, readUint32(bytes, from + BYTES_AT), readUint32(bytes, from + STAMP_AT));
  }
}
