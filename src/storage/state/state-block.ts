import type { RecordTree } from '../../machine/record-tree.ts';
import { hashBegun, hashOfBytes } from '../../base/hash.ts';
import { binaryText } from '../../machine/binary-string.ts';
import {
  BYTES_AT,
  CHECKSUM_BYTES,
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
  #records: Uint8Array<ArrayBuffer> = new Uint8Array();
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
    this.#records = new Uint8Array(await this.#sink.room(Math.max(bytesOf(key, stored), BLOCK_BYTES)));
    this.#space = space;
  }

  /** It fits. */
  add(key: string, stored: Uint8Array): void {
    const records = this.#records;
    const keyAt = this.#used + LENGTHS_BYTES;
    writeUint32(records, this.#used, key.length);
    writeUint32(records, this.#used + 4, stored.length);
    for (let at = 0; at < key.length; at++) records[keyAt + at] = key.charCodeAt(at);
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
    this.#records = new Uint8Array();
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
  const key = { bytes, from: 0, to: 0 };
  const value = { bytes, from: 0, to: 0 };
  let at = 0;
  for (let count = 0; count < block.count; count++) {
    key.from = at + LENGTHS_BYTES;
    key.to = key.from + readUint32(bytes, at);
    const end = key.to + readUint32(bytes, at + 4);
    if (!isSound(hashOfBytes(bytes, key.from, key.to, begun), bytes.subarray(key.to, end))) {
      const name = prefix + binaryText(bytes, key.from, key.to);
      throw new DamagedStateError(`the record ${JSON.stringify(name)} is not what was stored`);
    }
    value.from = key.to + HEADER_BYTES;
    value.to = end - CHECKSUM_BYTES;
    space?.load(key, value, readUint32(bytes, key.to + BYTES_AT), readUint32(bytes, key.to + STAMP_AT));
    at = end;
  }
}
