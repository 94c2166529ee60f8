import { crc32 } from 'node:zlib';
import { Slab } from '../../base/slab.ts';

/**
 * How a value lies in LevelDB, which does not check what it reads: a checksum over key and all that
 * follows, four bytes; how much the record counts for, four bytes; the value.
 */
const CHECKSUM_BYTES = 4;
const HEADER_BYTES = 8;
const SLAB = new Slab();

export interface SealedValue {
  readonly stored: Uint8Array;
  readonly checksum: number;
}

export interface OpenedValue {
  readonly value: Uint8Array;
  /** What it counts for: see `RecordTree.bytes`. */
  readonly bytes: number;
  readonly checksum: number;
}

export function sealValue(key: string, value: Uint8Array, bytes: number): SealedValue {
  const stored = SLAB.take(HEADER_BYTES + value.length);
  writeUint32(stored, CHECKSUM_BYTES, bytes);
  stored.set(value, HEADER_BYTES);
  const checksum = crc32(stored.subarray(CHECKSUM_BYTES), crc32(key));
  writeUint32(stored, 0, checksum);
  return { stored, checksum };
}

/** Undefined if the value is not what was stored under that key. */
export function openValue(key: Uint8Array, stored: Uint8Array): OpenedValue | undefined {
  if (stored.length < HEADER_BYTES) return undefined;
  const checksum = readUint32(stored, 0);
  if (crc32(stored.subarray(CHECKSUM_BYTES), crc32(key)) !== checksum) return undefined;
  return { value: stored.subarray(HEADER_BYTES), bytes: readUint32(stored, CHECKSUM_BYTES), checksum };
}

function writeUint32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value;
  bytes[at + 1] = value >>> 8;
  bytes[at + 2] = value >>> 16;
  bytes[at + 3] = value >>> 24;
}

function readUint32(bytes: Uint8Array, at: number): number {
  const low = (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8);
  return (low | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24)) >>> 0;
}
