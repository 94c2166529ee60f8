import { crc32 } from 'node:zlib';
import { hashOf } from '../../base/hash.ts';
import { Slab } from '../../base/slab.ts';

/**
 * How a record lies in LevelDB, which does not check what it reads: under `r` and its key, a checksum
 * over key and all that follows, four bytes; its stamp, four bytes; what it counts for, four bytes;
 * the value. Under `m` alone, in the same form, the mark of the last batch.
 */
export const STAMP_AT = 4;
export const BYTES_AT = 8;
export const HEADER_BYTES = 12;
const SLAB = new Slab();

export const RECORD_PREFIX = 'r';
export const MARK_KEY = 'm';

export interface StoredValue {
  readonly value: Uint8Array;
  /** See `RecordTree.bytes`. */
  readonly bytes: number;
  /** See `RecordChange`. */
  readonly stamp: number;
}

export function sealValue(key: string, { value, bytes, stamp }: StoredValue): Uint8Array {
  const stored = SLAB.take(HEADER_BYTES + value.length);
  writeUint32(stored, STAMP_AT, stamp);
  writeUint32(stored, BYTES_AT, bytes);
  stored.set(value, HEADER_BYTES);
  writeUint32(stored, 0, checksumOf(hashOf(key), stored.subarray(STAMP_AT)));
  return stored;
}

/** Whether what lies there is what was stored under the key of that hash. */
export function isSound(keyHash: number, bytes: Uint8Array, from: number, to: number): boolean {
  if (to - from < HEADER_BYTES) return false;
  return checksumOf(keyHash, bytes.subarray(from + STAMP_AT, to)) === readUint32(bytes, from);
}

/** Undefined if the value is not what was stored under that key. */
export function openValue(key: string, stored: Uint8Array): StoredValue | undefined {
  if (!isSound(hashOf(key), stored, 0, stored.length)) return undefined;
  const value = stored.subarray(HEADER_BYTES);
  return { value, bytes: readUint32(stored, BYTES_AT), stamp: readUint32(stored, STAMP_AT) };
}

/** Begins with the key's hash: so a value under the key of another is found. */
function checksumOf(keyHash: number, checked: Uint8Array): number {
  return crc32(checked, keyHash >>> 0);
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
