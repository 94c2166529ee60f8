/**
 * CRC-32 of bytes of which a large part is often known. A large value goes through many hands, each of
 * which checks it or says what it should be: to read a megabyte costs half a millisecond each time, to
 * put two checksums together some microseconds.
 */
import { crc32 } from 'node:zlib';
import { continuedCrc, joinedCrc } from './joined-crc.ts';
import { msgpackViewCodec } from './msgpack-codec.ts';

/** Of shorter bytes nothing is noted; and only bytes of this length and above lie beside LevelDB, which writes each value several times. */
export const LARGE_BYTES_MIN: number = 64 * 1024;
/** What has more items is not searched for large bytes: it holds small things. */
const ITEMS_MAX = 64;

/** Some bytes, and where they lie among others. */
export interface LyingBytes {
  readonly at: number;
  readonly bytes: Uint8Array;
}

interface Noted {
  readonly from: number;
  readonly length: number;
  readonly crc: number;
}

/** What was computed, by the memory in which the bytes lie. */
const NOTED = new WeakMap<ArrayBufferLike, Noted[]>();

/** Of bytes that never change. */
export function checksumOf(bytes: Uint8Array): number {
  return notedOf(bytes) ?? readChecksum(bytes);
}

/** The same for an entry's data; also notes that of the large value in it. */
export function entryChecksum(data: Uint8Array): number {
  return notedOf(data) ?? readEntryChecksum(data);
}

/** The same for data that have just come: whatever was noted, every byte is read. */
export function readEntryChecksum(data: Uint8Array): number {
  return note(data, checksumAround(data, partsOf(data, valuesIn(data)), readChecksum));
}

/** Of bytes of which some parts need not be read, in order: their checksums are asked for. */
export function checksumAround(
  bytes: Uint8Array,
  parts: readonly LyingBytes[],
  checksum: (part: Uint8Array) => number,
): number {
  let crc = 0;
  let from = 0;
  for (const { at, bytes: part } of parts) {
    crc = joinedCrc(continuedCrc(crc, bytes.subarray(from, at)), checksum(part), part.length);
    from = at + part.length;
  }
  return continuedCrc(crc, bytes.subarray(from));
}

/** Where those of the bytes lie that share the memory of `whole`. */
export function partsOf(whole: Uint8Array, some: readonly Uint8Array[]): readonly LyingBytes[] {
  const shared = some.filter(({ buffer }) => buffer === whole.buffer);
  return shared.map((bytes) => ({ at: bytes.byteOffset - whole.byteOffset, bytes }));
}

function valuesIn(data: Uint8Array): readonly Uint8Array[] {
  if (data.length < LARGE_BYTES_MIN) return [];
  try {
    return largeBytesIn(msgpackViewCodec.view(data), []);
  } catch {
    return []; // it holds something else
  }
}

/** Adds the large bytes in a value, in order. */
function largeBytesIn(value: unknown, found: Uint8Array[]): readonly Uint8Array[] {
  if (typeof value !== 'object' || value === null) return found;
  if (value instanceof Uint8Array) {
    if (value.length >= LARGE_BYTES_MIN) found.push(value);
    return found;
  }
  const items: readonly unknown[] = Array.isArray(value) ? value : Object.values(value);
  if (items.length <= ITEMS_MAX) for (const item of items) largeBytesIn(item, found);
  return found;
}

function readChecksum(bytes: Uint8Array): number {
  return note(bytes, crc32(bytes));
}

function note(bytes: Uint8Array, crc: number): number {
  if (bytes.length < LARGE_BYTES_MIN) return crc;
  const { buffer, byteOffset: from, length } = bytes;
  const others = (NOTED.get(buffer) ?? []).filter((one) => one.from !== from || one.length !== length);
  NOTED.set(buffer, [...others, { from, length, crc }]);
  return crc;
}

function notedOf({ buffer, byteOffset: from, length }: Uint8Array): number | undefined {
  if (length < LARGE_BYTES_MIN) return undefined;
  return NOTED.get(buffer)?.find((one) => one.from === from && one.length === length)?.crc;
}
