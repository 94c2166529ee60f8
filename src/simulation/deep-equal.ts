import type { ByteRange } from '../base/byte-range.ts';

/** Whether two plain values (null, booleans, numbers, strings, bytes, arrays and objects of them) are the same. */
export function deepEqual(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (a instanceof Uint8Array || b instanceof Uint8Array) return sameBytes(a, b);
  if (Array.isArray(a) || Array.isArray(b)) return sameArrays(a, b);
  const fieldsA = a as Readonly<Record<string, unknown>>;
  const fieldsB = b as Readonly<Record<string, unknown>>;
  let fields = 0;
  for (const name in fieldsA) {
    fields++;
    if (!(name in fieldsB) || !deepEqual(fieldsA[name], fieldsB[name])) return false;
  }
  for (const _ in fieldsB) fields--;
  return fields === 0;
}

/** Whether a range holds just these bytes. */
export function holdsBytes({ bytes, from, to }: ByteRange, other: Uint8Array): boolean {
  return to - from === other.length && Buffer.compare(bytes.subarray(from, to), other) === 0;
}

function sameBytes(a: object, b: object): boolean {
  if (!(a instanceof Uint8Array) || !(b instanceof Uint8Array) || a.length !== b.length) return false;
  return Buffer.compare(a, b) === 0;
}

function sameArrays(a: object, b: object): boolean {
  if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
  const itemsB: readonly unknown[] = b;
  for (let at = 0; at < a.length; at++) if (!deepEqual(a[at], itemsB[at])) return false;
  return true;
}
