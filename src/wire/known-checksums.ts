/**
 * CRC-32 of large bytes, computed once. A large value goes through many hands, each of which checks it or
 * says what it should be: to read a megabyte costs a tenth of a millisecond each time, to put two
 * checksums together some microseconds.
 */
import { crc32 } from '@node-rs/crc32';

/** Of shorter bytes nothing is noted; and only bytes of this length and above lie beside LevelDB, which writes each value several times. */
export const LARGE_BYTES_MIN: number = 64 * 1024;

interface Noted {
  readonly from: number;
  readonly length: number;
  readonly crc: number;
}

/** What was computed, by the memory in which the bytes lie. */
const NOTED = new WeakMap<ArrayBufferLike, Noted[]>();

/** Of bytes that never change. */
export function checksumOf(bytes: Uint8Array): number {
  return knownChecksum(bytes) ?? readChecksum(bytes);
}

/** The same for bytes that have just come: whatever was noted, every one is read. */
export function readChecksum(bytes: Uint8Array): number {
  return noteChecksum(bytes, crc32(bytes));
}

/** Undefined if it was not noted. */
export function knownChecksum({ buffer, byteOffset: from, length }: Uint8Array): number | undefined {
  if (length < LARGE_BYTES_MIN) return undefined;
  return NOTED.get(buffer)?.find((one) => one.from === from && one.length === length)?.crc;
}

export function noteChecksum(bytes: Uint8Array, crc: number): number {
  if (bytes.length < LARGE_BYTES_MIN) return crc;
  const { buffer, byteOffset: from, length } = bytes;
  const others = (NOTED.get(buffer) ?? []).filter((one) => one.from !== from || one.length !== length);
  NOTED.set(buffer, [...others, { from, length, crc }]);
  return crc;
}
