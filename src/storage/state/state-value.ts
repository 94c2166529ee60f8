import { crc32 } from 'node:zlib';
import { Slab } from '../../base/slab.ts';

/**
 * How a value lies in LevelDB, which does not check what it reads: a checksum over key and value,
 * four bytes, then the value.
 */
const CHECKSUM_BYTES = 4;
const SLAB = new Slab();

export interface SealedValue {
  readonly stored: Uint8Array;
  readonly checksum: number;
}

export interface OpenedValue {
  readonly value: Uint8Array;
  readonly checksum: number;
}

export function sealValue(key: string, value: Uint8Array): SealedValue {
  const checksum = crc32(value, crc32(key));
  const stored = SLAB.take(CHECKSUM_BYTES + value.length);
  stored[0] = checksum;
  stored[1] = checksum >>> 8;
  stored[2] = checksum >>> 16;
  stored[3] = checksum >>> 24;
  stored.set(value, CHECKSUM_BYTES);
  return { stored, checksum };
}

/** Undefined if the value is not what was stored under that key. */
export function openValue(key: string, stored: Uint8Array): OpenedValue | undefined {
  if (stored.length < CHECKSUM_BYTES) return undefined;
  const view = new DataView(stored.buffer, stored.byteOffset, stored.byteLength);
  const checksum = view.getUint32(0, true);
  const value = stored.subarray(CHECKSUM_BYTES);
  return crc32(value, crc32(key)) === checksum ? { value, checksum } : undefined;
}
