import type { Random } from '../../src/base/random.ts';

/** Values that hurt: at the edges of what numbers can be, of other types, too long, too deep, or with names of JavaScript's own. */
const HOSTILE: readonly (() => unknown)[] = [
  () => 2 ** 53,
  () => 2 ** 53 - 1,
  () => 2 ** 48 + 1,
  () => 2 ** 48,
  () => 2 ** 33,
  () => 2 ** 32,
  () => 2 ** 31,
  () => -1,
  () => -(2 ** 53),
  () => 0,
  () => -0,
  () => 1,
  () => 0.5,
  () => Number.NaN,
  () => Number.POSITIVE_INFINITY,
  () => Number.MIN_VALUE,
  () => 1e308,
  () => null,
  () => true,
  () => false,
  () => '',
  () => '\0',
  () => '__proto__',
  () => 'constructor',
  () => 'ÿ'.repeat(5_000),
  () => 'x'.repeat(70_000),
  () => new Uint8Array(0),
  () => new Uint8Array(100_000),
  () => [],
  () => Array.from({ length: 10_000 }, () => 0),
  () => Array.from({ length: 300 }, () => []),
  () => ({}),
  () => ({ toString: 1, valueOf: 2, length: -1, constructor: 3 }),
  () => JSON.parse('{"__proto__":{"kind":"put"},"hasOwnProperty":1}') as unknown,
  () => nested(40),
  () => nested(2_000),
];

function nested(depth: number): unknown {
  let value: unknown = [];
  for (let n = 0; n < depth; n++) value = [value];
  return value;
}

/** A copy with one to three places changed: a hostile value there, or gone, doubled, or exchanged. */
export function mutate(value: unknown, random: Random): unknown {
  let mutated = value;
  for (let n = random.integer(1, 3); n > 0; n--) mutated = mutateOnce(mutated, random);
  return mutated;
}

function mutateOnce(value: unknown, random: Random): unknown {
  if (Array.isArray(value) && value.length > 0 && random.chance(0.85)) return mutateList(value, random);
  if (isRecord(value) && random.chance(0.85)) return mutateFields(value, random);
  if (typeof value === 'number' && random.chance(0.5)) return nudge(value, random);
  return random.pick(HOSTILE)();
}

/** A copy of a row of which one number is a little, or much, more or less. */
export function nudgeRow(row: readonly unknown[], first: number, random: Random): readonly unknown[] {
  const at = random.integer(Math.min(first, row.length - 1), row.length - 1);
  return row.map((value, n) => (n === at && typeof value === 'number' ? nudge(value, random) : value));
}

function nudge(value: number, random: Random): number {
  return value + random.pick([-1, 1, 2, -2, 100, 2 ** 20, 2 ** 32, -(2 ** 32), 0.5]);
}

function mutateList(list: readonly unknown[], random: Random): unknown[] {
  const copy = [...list];
  const at = random.integer(0, list.length - 1);
  const what = random.integer(0, 9);
  if (what === 0) copy.splice(at, 1);
  else if (what === 1) copy.splice(at, 0, copy[at]);
  else if (what === 2) copy[at] = copy[random.integer(0, list.length - 1)];
  else if (what === 3) copy.push(random.pick(HOSTILE)());
  else copy[at] = mutateOnce(copy[at], random);
  return copy;
}

function mutateFields(fields: Readonly<Record<string, unknown>>, random: Random): unknown {
  const names = Object.keys(fields);
  const name = names.length === 0 ? 'kind' : random.pick(names);
  const copy: Record<string, unknown> = { ...fields };
  const what = random.integer(0, 9);
  if (what === 0) delete copy[name];
  else if (what === 1) copy[`${name}s`] = copy[name];
  else if (what === 2 && names.length > 0) copy[name] = copy[random.pick(names)];
  else copy[name] = mutateOnce(copy[name], random);
  return copy;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return (
    typeof value === 'object' && value !== null && !(value instanceof Uint8Array) && !Array.isArray(value)
  );
}

/** Bits flipped, bytes set, parts gone, doubled or moved, or nothing but noise. */
export function damage(bytes: Uint8Array, random: Random): Uint8Array {
  if (bytes.length === 0 || random.chance(0.02)) return noise(random.integer(0, 300), random);
  let damaged: Uint8Array = bytes.slice();
  for (let n = random.integer(1, 4); n > 0; n--) damaged = damageOnce(damaged, random);
  return damaged;
}

function damageOnce(bytes: Uint8Array, random: Random): Uint8Array {
  if (bytes.length === 0) return bytes;
  const at = random.integer(0, bytes.length - 1);
  switch (random.integer(0, 5)) {
    case 0:
      return bytes.slice(0, at);
    case 1:
      return Uint8Array.of(...bytes.subarray(0, at), ...bytes.subarray(at + random.integer(1, 8)));
    case 2:
      return Uint8Array.of(
        ...bytes.subarray(0, at),
        ...noise(random.integer(1, 8), random),
        ...bytes.subarray(at),
      );
    case 3:
      bytes[at] = random.pick([0, 0xff, 0xc1, 0xc7, 0xd4, 0xdf, 0xdd, 0xc6, 0xdb, 0x80, 0x90]);
      return bytes;
    default:
      bytes[at] = (bytes[at] ?? 0) ^ (1 << random.integer(0, 7));
      return bytes;
  }
}

export function noise(length: number, random: Random): Uint8Array {
  return Uint8Array.from({ length }, () => random.integer(0, 255));
}
