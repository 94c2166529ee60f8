import { BYTES_AT, HEADER_BYTES, openValue, readUint32, sealValue, writeUint32 } from './state-value.ts';

/**
 * A record whose large parts lie in files beside LevelDB (`LargeValues`). What LevelDB holds of it has
 * the form of every value; what it counts for has its highest bit set, and what it holds begins with
 * the number of parts, four bytes, and 20 bytes for each, which tell where it lies; behind that comes
 * the rest.
 */
export interface SplitValue {
  /** How the codec writes the record, without the parts. */
  readonly rest: Uint8Array;
  readonly parts: readonly PlacedPart[];
  /** See `StoredValue`. */
  readonly bytes: number;
  readonly stamp: number;
}

export interface PlacedPart extends Place {
  /** How many bytes of the rest come before it. */
  readonly at: number;
}

/** Of some bytes in the files. */
export interface Place {
  /** The number of the file. */
  readonly file: number;
  readonly offset: number;
  readonly length: number;
  readonly crc: number;
}

/** A record that counts for more cannot be stored. */
const SPLIT = 0x8000_0000;
const COUNT_BYTES = 4;
const PART_BYTES = 20;

export function sealSplit(key: string, { rest, parts, bytes, stamp }: SplitValue): Uint8Array {
  const value = new Uint8Array(COUNT_BYTES + parts.length * PART_BYTES + rest.length);
  writeUint32(value, 0, parts.length);
  let to = COUNT_BYTES;
  for (const { at, file, offset, length, crc } of parts) {
    for (const number of [at, file, offset, length, crc]) {
      writeUint32(value, to, number);
      to += 4;
    }
  }
  value.set(rest, to);
  return sealValue(key, { value, bytes: bytes + SPLIT, stamp });
}

/** Undefined if the record lies in LevelDB as a whole, or is not what was stored under the key. */
export function openSplit(key: string, stored: Uint8Array): SplitValue | undefined {
  if (!isSplit(stored)) return undefined;
  const opened = openValue(key, stored);
  if (opened === undefined) return undefined;
  const { value, bytes, stamp } = opened;
  const parts: PlacedPart[] = [];
  let from = COUNT_BYTES;
  for (let count = readUint32(value, 0); count > 0; count--) {
    const number = (at: number): number => readUint32(value, from + 4 * at);
    parts.push({ at: number(0), file: number(1), offset: number(2), length: number(3), crc: number(4) });
    from += PART_BYTES;
  }
  return { rest: value.subarray(from), parts, bytes: bytes - SPLIT, stamp };
}

/** The value as a whole. `found` are the bytes of its parts, in order. */
export function joined({ rest, parts }: SplitValue, found: readonly Uint8Array[]): Uint8Array {
  const value = new Uint8Array(rest.length + found.reduce((sum, part) => sum + part.length, 0));
  let from = 0;
  let to = 0;
  const add = (some: Uint8Array): void => {
    value.set(some, to);
    to += some.length;
  };
  for (const [index, { at }] of parts.entries()) {
    add(rest.subarray(from, at));
    add(found[index] ?? new Uint8Array());
    from = at;
  }
  add(rest.subarray(from));
  return value;
}

function isSplit(stored: Uint8Array): boolean {
  return stored.length > HEADER_BYTES && readUint32(stored, BYTES_AT) >= SPLIT;
}
