import { randomBytes } from 'node:crypto';
import { assert } from '../base/assert.ts';
import type { CutBytes, CutPart } from '../base/codec.ts';

/** What is encoded in the place of large bytes. Nobody can guess it, so no value holds it by chance or by intent. */
const MARK: Uint8Array = randomBytes(32);
/** msgpack puts a type and one byte of length before the mark… */
const MARK_PREFIX_BYTES = 2;
/** …and a type and four bytes of length before bytes from this length on. */
const LONG_PREFIX = 0xc6;
const LONG_PREFIX_BYTES = 5;
const LONG_BYTES_MIN: number = 64 * 1024;

/** The value with a mark in the place of all bytes that are at least so long; those are added to `large`, in the order of their encoding. */
export function markLarge(value: unknown, bytesMin: number, large: Uint8Array[]): unknown {
  assert(bytesMin >= LONG_BYTES_MIN, 'what is cut out has a long prefix');
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Uint8Array) {
    if (value.length < bytesMin) return value;
    large.push(value);
    return MARK;
  }
  if (Array.isArray(value)) return value.map((item) => markLarge(item, bytesMin, large));
  const fields = Object.entries(value);
  return Object.fromEntries(fields.map(([name, field]) => [name, markLarge(field, bytesMin, large)]));
}

/** The encoding of the value itself, without what was marked in it. */
export function cutMarks(encoded: Uint8Array, large: readonly Uint8Array[]): CutBytes {
  if (large.length === 0) return { rest: encoded, parts: [] };
  const whole = Buffer.from(encoded.buffer, encoded.byteOffset, encoded.length);
  const growth = LONG_PREFIX_BYTES - MARK_PREFIX_BYTES - MARK.length;
  const rest = Buffer.alloc(encoded.length + large.length * growth);
  const parts: CutPart[] = [];
  let from = 0;
  let to = 0;
  for (const bytes of large) {
    const mark = whole.indexOf(MARK, from);
    assert(mark >= 0, 'each mark is found');
    to += whole.copy(rest, to, from, mark - MARK_PREFIX_BYTES);
    rest[to] = LONG_PREFIX;
    rest.writeUInt32BE(bytes.length, to + 1);
    to += LONG_PREFIX_BYTES;
    parts.push({ at: to, bytes });
    from = mark + MARK.length;
  }
  whole.copy(rest, to, from);
  return { rest, parts };
}
