import { hashBegun, hashOfBytes } from '../../base/hash.ts';
import { binaryText } from '../../machine/binary-string.ts';
import { PIECE_BYTES_MAX } from '../../machine/record-arena.ts';
import type { RecordTree } from '../../machine/record-tree.ts';
import {
  BYTES_AT,
  HEADER_BYTES,
  isSound,
  readUint32,
  RECORD_PREFIX,
  STAMP_AT,
  writeUint32,
} from './state-value.ts';

/** The database was read, and is not what was written. */
export class DamagedStateError extends Error {
  override readonly name: string = 'DamagedStateError';
}

/** Records of one space, in the order of their keys; not checked yet. */
export interface StateBlock {
  readonly space: string;
  readonly count: number;
  /**
   * Each record in turn: the length of its key, four bytes; the length of what is stored, four bytes; its
   * key within the space, one byte for each character; what is stored.
   */
  readonly records: ArrayBuffer;
}

/** Where blocks go. */
export interface BlockSink {
  /** Memory for the next one, of at least that many bytes. */
  room(bytes: number): Promise<ArrayBuffer>;
  take(block: StateBlock): void;
}

/** A block has as many records as go into so many bytes; one record that needs more has a block of its own. */
export const BLOCK_BYTES: number = 512 * 1024;

const LENGTHS_BYTES = 8;

/** Puts records together to blocks. */
export class BlockWriter {
  readonly #sink: BlockSink;
  #space = '';
  #count = 0;
  #records: Buffer<ArrayBuffer> = Buffer.from(new ArrayBuffer(0));
  #used = 0;

  constructor(sink: BlockSink) {
    this.#sink = sink;
  }

  /** Whether the block that is being put together takes that too. */
  fits(space: string, key: string, stored: Uint8Array): boolean {
    return space === this.#space && this.#used + bytesOf(key, stored) <= this.#records.length;
  }

  /** The next block, which fits that. */
  async begin(space: string, key: string, stored: Uint8Array): Promise<void> {
    this.end();
    this.#records = Buffer.from(await this.#sink.room(Math.max(bytesOf(key, stored), BLOCK_BYTES)));
    this.#space = space;
  }

  /** It fits. */
  add(key: string, stored: Uint8Array): void {
    const records = this.#records;
    const keyAt = this.#used + LENGTHS_BYTES;
    writeUint32(records, this.#used, key.length);
    writeUint32(records, this.#used + 4, stored.length);
    records.write(key, keyAt, 'latin1');
    records.set(stored, keyAt + key.length);
    this.#used += bytesOf(key, stored);
    this.#count++;
  }

  /** Nothing more comes. */
  end(): void {
    if (this.#count > 0) {
      this.#sink.take({ space: this.#space, count: this.#count, records: this.#records.buffer });
    }
    this.#count = 0;
    this.#records = Buffer.from(new ArrayBuffer(0));
    this.#used = 0;
  }
}

/** @param key - within the space, of characters that are one byte each */
function bytesOf(key: string, stored: Uint8Array): number {
  return LENGTHS_BYTES + key.length + stored.length;
}

/**
 * Checks the records of a block, and puts them into the tree, if there is one. Keeps nothing of the
 * block's memory.
 *
 * @throws DamagedStateError
 */
export function takeBlock(tree: RecordTree | undefined, block: StateBlock): void {
  const prefix = `${RECORD_PREFIX}${block.space}/`;
  const begun = hashBegun(prefix);
  const space = tree?.space(block.space);
  const bytes = new Uint8Array(block.records);
  let to = 0;
  for (let count = 0; count < block.count; count++) {
    const keyFrom = to + LENGTHS_BYTES;
    const from = keyFrom + readUint32(bytes, to);
    to = from + readUint32(bytes, to + 4);
    if (!isSound(hashOfBytes(bytes, keyFrom, from, begun), bytes, from, to)) {
      const key = prefix + binaryText(bytes, keyFrom, from);
      throw new DamagedStateError(`the record ${JSON.stringify(key)} is not what was stored`);
    }
    if (space === undefined) continue;
    const lent = bytes.subarray(from + HEADER_BYTES, to);
    // Of a larger one parts may be kept as they are.
    const value = lent.length > PIECE_BYTES_MAX ? lent.slice() : lent;
    const key = { bytes, from: keyFrom, to: from };
    space.load(key, value, readUint32(bytes, from + BYTES_AT), readUint32(bytes, from + STAMP_AT));
  }
}
