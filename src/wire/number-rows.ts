/**
 * Arrays of a few whole numbers and short bytes, such as most records are, as msgpack: the same bytes that
 * msgpackr makes of them, and back, in a fifth of the time that it needs to look for everything else that a
 * value may hold.
 */

import type { Slab } from '../base/slab.ts';

const ITEMS_MAX = 15;
const ROOM_BYTES = 4096;
/** What stands before bytes of up to 65,535, or a number of up to 32 bits. */
const HEADER_BYTES_MAX = 5;
const ARRAY = 0x90;
const SMALL_NUMBERS = 0x80;
const BYTES_8 = 0xc4;
const BYTES_16 = 0xc5;
const NUMBER_8 = 0xcc;
const NUMBER_16 = 0xcd;
const NUMBER_32 = 0xce;

/** Where it is put together. */
const room: Uint8Array = new Uint8Array(ROOM_BYTES);
/** Behind what was read last. */
let end = 0;

/** Undefined if the value is no such array; until the next call. */
export function encodeNumberRow(value: unknown): Uint8Array | undefined {
  if (!Array.isArray(value) || value.length > ITEMS_MAX) return undefined;
  room[0] = ARRAY | value.length;
  let at = 1;
  for (let item = 0; item < value.length; item++) {
    const each: unknown = value[item];
    if (typeof each === 'number') {
      if (each >>> 0 !== each || at + HEADER_BYTES_MAX > ROOM_BYTES) return undefined;
      at = writeNumber(at, each);
    } else {
      if (!(each instanceof Uint8Array) || at + HEADER_BYTES_MAX + each.length > ROOM_BYTES) return undefined;
      at = writeBytes(at, each);
    }
  }
  return room.subarray(0, at);
}

/** Undefined if the bytes are not exactly one such array, or a long one; what it holds is copied. */
export function decodeNumberRow(encoded: Uint8Array, copies: Slab): unknown[] | undefined {
  const first = encoded[0] ?? 0;
  if ((first & 0xf0) !== ARRAY || encoded.length > ROOM_BYTES) return undefined;
  const items: unknown[] = [];
  end = 1;
  for (let left = first & ITEMS_MAX; left > 0; left--) {
    const sign = encoded[end] ?? 0;
    const item = sign === BYTES_8 || sign === BYTES_16 ? readBytes(encoded, sign) : readNumber(encoded, sign);
    if (item === undefined || end > encoded.length) return undefined;
    items.push(typeof item === 'number' ? item : copies.copy(item));
  }
  return end === encoded.length ? items : undefined;
}

function writeNumber(from: number, number: number): number {
  let at = from;
  if (number >= SMALL_NUMBERS) {
    if (number > 0xffff) {
      room[at++] = NUMBER_32;
      room[at++] = number >>> 24;
      room[at++] = number >>> 16;
    } else {
      room[at++] = number > 0xff ? NUMBER_16 : NUMBER_8;
    }
    if (number > 0xff) room[at++] = number >>> 8;
  }
  room[at++] = number;
  return at;
}

function writeBytes(from: number, bytes: Uint8Array): number {
  let at = from;
  if (bytes.length > 0xff) {
    room[at++] = BYTES_16;
    room[at++] = bytes.length >>> 8;
  } else {
    room[at++] = BYTES_8;
  }
  room[at++] = bytes.length;
  room.set(bytes, at);
  return at + bytes.length;
}

function readBytes(encoded: Uint8Array, sign: number): Uint8Array {
  const isShort = sign === BYTES_8;
  const from = end + (isShort ? 2 : 3);
  const high = isShort ? 0 : (encoded[end + 1] ?? 0) << 8;
  end = from + (high | (encoded[from - 1] ?? 0));
  return encoded.subarray(from, end);
}

function readNumber(encoded: Uint8Array, sign: number): number | undefined {
  const at = end + 1;
  if (sign < SMALL_NUMBERS) {
    end = at;
    return sign;
  }
  const low = (from: number): number => ((encoded[from] ?? 0) << 8) | (encoded[from + 1] ?? 0);
  switch (sign) {
    case NUMBER_8:
      end = at + 1;
      return encoded[at];
    case NUMBER_16:
      end = at + 2;
      return low(at);
    case NUMBER_32:
      end = at + 4;
      return low(at) * 0x1_0000 + low(at + 2);
    default:
      return undefined;
  }
}
