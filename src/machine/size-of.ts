import { PlainnessError } from './plainness-error.ts';

/** Nested deeper than any record needs, and as deep as the codec goes. */
const DEPTH_MAX = 60;

const NUMBER_BYTES = 9;
const HEADER_BYTES = 5;

/**
 * About how many bytes a plain value takes when stored: the same on every node and after a reload.
 * It proves the value plain on the way: null, booleans, numbers, well-formed strings, bytes, arrays
 * and plain objects of them. Anything else would come back from the disk as something different.
 *
 * @throws PlainnessError that says what is not plain
 */
export function sizeOf(value: unknown, depth = 0): number {
  switch (typeof value) {
    case 'number':
      return NUMBER_BYTES;
    case 'boolean':
      return 1;
    case 'string':
      return HEADER_BYTES + sizeOfText(value);
    case 'object':
      return value === null ? 1 : HEADER_BYTES + sizeOfObject(value, depth);
    default:
      throw new PlainnessError(`a record or result holds ${typeof value}, which is no plain value`);
  }
}

/** A string that is not well-formed would be stored as another one. */
function sizeOfText(text: string): number {
  if (!text.isWellFormed())
    throw new PlainnessError('a record or result holds a string with half a character');
  return text.length;
}

function sizeOfObject(value: object, depth: number): number {
  if (depth >= DEPTH_MAX) throw new PlainnessError(`a record or result is nested deeper than ${DEPTH_MAX}`);
  if (value instanceof Uint8Array) return value.length;
  if (Array.isArray(value)) {
    let bytes = 0;
    // By index, since `for of` would also take a hole for undefined, but slower.
    for (let at = 0; at < value.length; at++) bytes += sizeOf(value[at], depth + 1);
    return bytes;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    throw new PlainnessError('a record or result holds an object of a class, which is no plain value');
  }
  let bytes = 0;
  // Such an object inherits nothing to enumerate, so these are its own fields.
  for (const name in value) {
    if (name === '__proto__') throw new PlainnessError('a record or result has a field named __proto__');
    bytes += 1 + sizeOfText(name) + sizeOf((value as Readonly<Record<string, unknown>>)[name], depth + 1);
  }
  return bytes;
}
