import { Scratch } from '../../base/scratch.ts';
import type { RecordTree } from '../../machine/record-tree.ts';
import { readUint32, writeUint32 } from './state-value.ts';

/** The database was read, and is not what was written. */
export class DamagedStateError extends Error {
  override readonly name: string = 'DamagedStateError';
}

/** One record of a block, or one that went: then its stamp is 0, and its value empty. */
export interface BlockRecord {
  readonly space: string;
  /** Within its space, of characters that are one byte each. */
  readonly key: string;
  readonly value: Uint8Array;
  /** See `RecordTree.bytes`. */
  readonly bytes: number;
  /** See `RecordChange`. */
  readonly stamp: number;
}

/** Records of one space; checked, but for what they are together. */
export interface StateBlock {
  readonly space: string;
  readonly count: number;
  /** Whether all were stored before the present round; see `Rounds`. */
  readonly isOld: boolean;
  /** Each record in turn, see `encodeBlock`. */
  readonly records: Uint8Array;
}

/** A block is full with so many bytes; one record that needs more has a block of its own. */
export const BLOCK_BYTES: number = 512 * 1024;

/** Where blocks are put together: they are copied, or written, before the next one. */
export function blockRoom(): Scratch {
  return new Scratch(ROOM_BYTES_MIN, 2 * BLOCK_BYTES);
}

const ROOM_BYTES_MIN = 64 * 1024;

/** Of a key and of a value, then what the record counts for, and its stamp: four bytes each, before the key and the value. */
const RECORD_BYTES = 16;
/** How many records there are, four bytes; the length of the space's name, one; the name. */
const HEADER_BYTES = 5;

/** Puts records together to blocks. */
export class BlockWriter {
  readonly #room: Scratch;
  #space = '';
  #records: BlockRecord[] = [];
  #bytes = 0;

  /** @param room - where a block is, until the next one is taken */
  constructor(room: Scratch) {
    this.#room = room;
  }

  /** The block before it, if that has no room for it. */
  add(record: BlockRecord): Uint8Array | undefined {
    const bytes = RECORD_BYTES + record.key.length + record.value.length;
    const fits = record.space === this.#space && this.#bytes + bytes <= BLOCK_BYTES;
    const full = fits ? undefined : this.take();
    this.#space = record.space;
    this.#records.push(record);
    this.#bytes += bytes;
    return full;
  }

  /** The block so far; undefined if there is nothing in it. The next one begins. */
  take(): Uint8Array | undefined {
    const records = this.#records;
    if (records.length === 0) return undefined;
    const block = encodeBlock(this.#space, records, this.#room.take(blockBytes(this.#space, this.#bytes)));
    this.#records = [];
    this.#bytes = 0;
    return block;
  }
}

function blockBytes(space: string, recordBytes: number): number {
  return HEADER_BYTES + space.length + recordBytes;
}

function encodeBlock(space: string, records: readonly BlockRecord[], block: Uint8Array): Uint8Array {
  writeUint32(block, 0, records.length);
  block[4] = space.length;
  let at = writeText(block, HEADER_BYTES, space);
  for (const { key, value, bytes: size, stamp } of records) {
    writeUint32(block, at, key.length);
    writeUint32(block, at + 4, value.length);
    writeUint32(block, at + 8, size);
    writeUint32(block, at + 12, stamp);
    at = writeText(block, at + RECORD_BYTES, key);
    block.set(value, at);
    at += value.length;
  }
  return block;
}

function writeText(block: Uint8Array, from: number, text: string): number {
  for (let at = 0; at < text.length; at++) block[from + at] = text.charCodeAt(at);
  return from + text.length;
}

/** A block as it was put together; it is sound. Lies where that does. */
export function openBlock(block: Uint8Array, isOld: boolean): StateBlock {
  const from = HEADER_BYTES + (block[4] ?? 0);
  const space = String.fromCharCode(...block.subarray(HEADER_BYTES, from));
  return { space, count: readUint32(block, 0), isOld, records: block.subarray(from) };
}

/** How many records there are, and the sum of their stamps, modulo 2^32. */
export interface Tally {
  count: number;
  sum: number;
}

/** Puts the records of a block into the tree, but for those of which blocks behind it told. Keeps nothing of the block's memory. */
export function takeBlock(tree: RecordTree, block: StateBlock, tally: Tally): void {
  tree.loads(!block.isOld);
  const space = tree.space(block.space);
  const bytes = block.records;
  const key = { bytes, from: 0, to: 0 };
  const value = { bytes, from: 0, to: 0 };
  let at = 0;
  for (let count = 0; count < block.count; count++) {
    key.from = at + RECORD_BYTES;
    key.to = key.from + readUint32(bytes, at);
    value.from = key.to;
    value.to = key.to + readUint32(bytes, at + 4);
    const stamp = readUint32(bytes, at + 12);
    if (space.loadEarlier(key, value, readUint32(bytes, at + 8), stamp)) {
      tally.count++;
      tally.sum = (tally.sum + stamp) >>> 0;
    }
    at = value.to;
  }
}
