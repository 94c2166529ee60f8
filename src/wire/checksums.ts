/** CRC-32 of entries and messages, of which a large part is often known: see `known-checksums.ts`. */
import { continuedCrc, joinedCrc } from './joined-crc.ts';
import { checksumOf, knownChecksum, LARGE_BYTES_MIN, noteChecksum, readChecksum } from './known-checksums.ts';
import { msgpackViewCodec } from './msgpack-codec.ts';

/** What has more items is not searched for large bytes: it holds small things. */
const ITEMS_MAX = 64;

/** Some bytes, and where they lie among others. */
export interface LyingBytes {
  readonly at: number;
  readonly bytes: Uint8Array;
}

/** Of an entry's data, which never change; also notes that of the large value in it. */
export function entryChecksum(data: Uint8Array): number {
  return knownChecksum(data) ?? noteChecksum(data, aroundValues(data, checksumOf));
}

/** The same for data that have just come: whatever was noted, every byte is read. */
export function readEntryChecksum(data: Uint8Array): number {
  return noteChecksum(data, aroundValues(data, readChecksum));
}

function aroundValues(data: Uint8Array, checksum: (value: Uint8Array) => number): number {
  return checksumAround(data, partsOf(data, valuesIn(data)), checksum);
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

/** Where those of the bytes lie that share the memory of `whole`, in order. */
export function partsOf(whole: Uint8Array, some: readonly Uint8Array[]): readonly LyingBytes[] {
  const shared = some.filter(({ buffer }) => buffer === whole.buffer);
  const parts = shared.map((bytes) => ({ at: bytes.byteOffset - whole.byteOffset, bytes }));
  // Fields that are numbers come in the order of these, wherever they lie.
  return parts.toSorted((one, other) => one.at - other.at);
}

function valuesIn(data: Uint8Array): readonly Uint8Array[] {
  if (data.length < LARGE_BYTES_MIN) return [];
  try {
    return largeBytesIn(msgpackViewCodec.view(data), []);
  } catch {
    return []; // it holds something else
  }
}

/** Adds the large bytes in a value. */
export function largeBytesIn(value: unknown, found: Uint8Array[]): readonly Uint8Array[] {
  if (typeof value !== 'object' || value === null) return found;
  if (value instanceof Uint8Array) {
    if (value.length >= LARGE_BYTES_MIN) found.push(value);
    return found;
  }
  const items: readonly unknown[] = Array.isArray(value) ? value : Object.values(value);
  if (items.length <= ITEMS_MAX) for (const item of items) largeBytesIn(item, found);
  return found;
}
