import { PIECE_BYTES_MAX } from '../../machine/record-arena.ts';
import type { RecordTree } from '../../machine/record-tree.ts';
import { BYTES_AT, HEADER_BYTES, readUint32, STAMP_AT, writeUint32 } from './state-value.ts';

/** Records of one space, in the order of their keys. */
export interface StateBlock {
  readonly space: string;
  /** Within the space. */
  readonly keys: readonly string[];
  /** Of each in turn: what is stored, with its length in the place of the checksum. */
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

/** Puts records together to blocks. */
export class BlockWriter {
  readonly #sink: BlockSink;
  #space = '';
  #keys: string[] = [];
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
    this.#records.set(stored, this.#used);
    writeUint32(this.#records, this.#used, stored.length);
    this.#used += stored.length;
  }

  /** Nothing more comes. */
  end(): void {
    if (this.#keys.length > 0) {
      this.#sink.take({ space: this.#space, keys: this.#keys, records: this.#records.buffer });
    }
    this.#keys = [];
    this.#records = new Uint8Array();
    this.#used = 0;
  }
}

/** Keeps nothing of the block's memory. */
export function takeBlock(tree: RecordTree, { space: name, keys, records }: StateBlock): void {
  const space = tree.space(name);
  const bytes = new Uint8Array(records);
  let at = 0;
  for (const key of keys) {
    const end = at + readUint32(bytes, at);
    const lent = bytes.subarray(at + HEADER_BYTES, end);
    // Of a larger one parts may be kept as they are.
    const value = lent.length > PIECE_BYTES_MAX ? lent.slice() : lent;
    space.load(key, value, readUint32(bytes, at + BYTES_AT), readUint32(bytes, at + STAMP_AT));
    at = end;
  }
}
