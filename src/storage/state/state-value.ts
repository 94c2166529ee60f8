import { crc32 } from '@node-rs/crc32';
import { hashOf } from '../../base/hash.ts';
import { Slab } from '../../base/slab.ts';

/**
 * How a record lies in LevelDB, which does not check what it reads: under `r` and its key, its stamp,
 * four bytes; what it counts for, four bytes; the value; a checksum over the key and all that stands
 * before it, four bytes; for one with large parts see `SplitValue`. Under `m` alone, in the same form,
 * the mark of the last batch.
 */
const STAMP_AT = 0;
export const BYTES_AT = 4;
export const HEADER_BYTES = 8;
const CHECKSUM_BYTES = 4;
/** The CRC-32 of anything and its own CRC-32 behind it, lowest byte first. */
const CHECKED = 0x2144df1c;
const SLAB = new Slab();

export const BLOCK_PREFIX = 'b';
export const RECORD_PREFIX = 'r';
export const MARK_KEY = 'm';

const BLOCK_DIGITS = 15;

/** In the order of the numbers. */
export function blockKey(number: number): string {
  return BLOCK_PREFIX + String(number).padStart(BLOCK_DIGITS, '0');
}

export function blockNumber(key: string): number {
  return Number(key.slice(BLOCK_PREFIX.length));
}

export interface StoredValue {
  readonly value: Uint8Array;
  /** See `RecordTree.bytes`. */
  readonly bytes: number;
  /** See `RecordChange`. */
  readonly stamp: number;
}

export function sealValue(key: string, { value, bytes, stamp }: StoredValue): Uint8Array {
  const checksumAt = HEADER_BYTES + value.length;
  const stored = SLAB.take(checksumAt + CHECKSUM_BYTES);
  writeUint32(stored, STAMP_AT, stamp);
  writeUint32(stored, BYTES_AT, bytes);
  stored.set(value, HEADER_BYTES);
  writeUint32(stored, checksumAt, crc32(stored.subarray(0, checksumAt), hashOf(key) >>> 0));
  return stored;
}

/** Undefined if the value is not what was stored under that key: the checksum begins with the hash of it. */
export function openValue(key: string, stored: Uint8Array): StoredValue | undefined {
  const isLong = stored.length >= HEADER_BYTES + CHECKSUM_BYTES;
  if (!isLong || crc32(stored, hashOf(key) >>> 0) !== CHECKED) return undefined;
  const value = stored.subarray(HEADER_BYTES, stored.length - CHECKSUM_BYTES);
  return { value, bytes: readUint32(stored, BYTES_AT), stamp: readUint32(stored, STAMP_AT) };
}

export function writeUint32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value;
  bytes[at + 1] = value >>> 8;
  bytes[at + 2] = value >>> 16;
  bytes[at + 3] = value >>> 24;
}

export function readUint32(bytes: Uint8Array, at: number): number {
  const low = (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8);
  return (low | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24)) >>> 0;
}
