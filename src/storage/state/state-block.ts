import { present } from '../../base/assert.ts';
import { allOf, type ByteRange, lengthOf } from '../../base/byte-range.ts';
import { Scratch } from '../../base/scratch.ts';
import { binaryBytes } from '../../machine/binary-string.ts';
import type { RecordTree } from '../../machine/record-tree.ts';
import { readUint32, writeUint32 } from './state-value.ts';

/** The database was read, and is not what was written. */
export class DamagedStateError extends Error {
  override readonly name: string = 'DamagedStateError';
}

/** One record of a block, or one that went: then its stamp is 0, and its value empty. */
export interface BlockRecord {
  readonly space: string;
  /** Within its space. */
  readonly key: ByteRange;
  readonly value: ByteRange;
  /** See `RecordTree.bytes`. */
  readonly bytes: number;
  /** See `RecordChange`. */
  readonly stamp: number;
}

/** @param key - with the name of its space, of characters that are one byte each */
export function blockRecord({ key, bytes, stamp }: Described, value: Uint8Array): BlockRecord {
  const slash = key.indexOf('/');
  const rest = present(binaryBytes(key.slice(slash + 1)), 'a key that is stored is binary');
  return { space: key.slice(0, slash), key: allOf(rest), value: allOf(value), bytes, stamp };
}

/** What is said of a record beside its value. */
interface Described {
  readonly key: string;
  readonly bytes: number;
  readonly stamp: number;
}

/** Records of one space; checked, but for what they are together. */
export interface StateBlock {
  readonly space: string;
  readonly count: number;
  /** Whether all were stored before the present round; see `Rounds`. */
  readonly isOld: boolean;
  /** Each record in turn, see `BlockWriter`. */
  readonly records: Uint8Array;
}

/** A block is no longer, but for one record that needs more. */
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
  #block: Uint8Array = NO_BLOCK;
  #space = '';
  #records = 0;
  #bytes = 0;

  /** @param room - where a block is, until the next one begins */
  constructor(room: Scratch) {
    this.#room = room;
  }

  /** Whether there is room for one more. If not, the block is to be taken first. */
  fits({ space, key, value }: BlockRecord): boolean {
    const bytes = RECORD_BYTES + lengthOf(key) + lengthOf(value);
    return this.#records === 0 || (space === this.#space && this.#bytes + bytes <= BLOCK_BYTES);
  }

  /** Keeps nothing of the record's memory. */
  add({ space, key, value, bytes, stamp }: BlockRecord): void {
    const keyLength = lengthOf(key);
    const valueLength = lengthOf(value);
    if (this.#records === 0) this.#begin(space, RECORD_BYTES + keyLength + valueLength);
    const block = this.#block;
    const at = this.#bytes;
    writeUint32(block, at, keyLength);
    writeUint32(block, at + 4, valueLength);
    writeUint32(block, at + 8, bytes);
    writeUint32(block, at + 12, stamp);
    copyInto(block, at + RECORD_BYTES, key);
    copyInto(block, at + RECORD_BYTES + keyLength, value);
    this.#bytes += RECORD_BYTES + keyLength + valueLength;
    this.#records++;
  }

  /** The block so far; undefined if there is nothing in it. The next one begins. */
  take(): Uint8Array | undefined {
    if (this.#records === 0) return undefined;
    writeUint32(this.#block, 0, this.#records);
    this.#records = 0;
    return this.#block.subarray(0, this.#bytes);
  }

  /** @param recordBytes - of the first record */
  #begin(space: string, recordBytes: number): void {
    const headerBytes = HEADER_BYTES + space.length;
    this.#block = this.#room.take(Math.max(BLOCK_BYTES, headerBytes + recordBytes));
    this.#block[4] = space.length;
    this.#bytes = writeText(this.#block, HEADER_BYTES, space);
    this.#space = space;
  }
}

const NO_BLOCK = new Uint8Array();
/** To copy so few one by one costs less than to make a view of them. */
const LOOP_BYTES_MAX = 32;

function copyInto(block: Uint8Array, at: number, { bytes, from, to }: ByteRange): void {
  if (to - from > LOOP_BYTES_MAX) {
    block.set(bytes.subarray(from, to), at);
    return;
  }
  for (let next = from; next < to; next++) block[at + next - from] = bytes[next] ?? 0;
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
