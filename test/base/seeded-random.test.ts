import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SeededRandom } from '../../src/base/seeded-random.ts';

const draw = (random: SeededRandom, count: number): number[] =>
  Array.from({ length: count }, () => random.integer(0, 2 ** 32 - 1));

test('the same seed gives the same numbers, whatever the machine', () => {
  expect(draw(new SeededRandom(42), 4)).toEqual(draw(new SeededRandom(42), 4));
  expect(draw(new SeededRandom(42), 4)).toMatchInlineSnapshot(`
    [
      3011021589,
      3960382089,
      1547270628,
      4040468816,
    ]
  `);
});

test('seeds that differ in any bit give other numbers', () => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), fc.maxSafeInteger(), (one, other) => {
      fc.pre(one !== other);
      expect(draw(new SeededRandom(one), 4)).not.toEqual(draw(new SeededRandom(other), 4));
    }),
  );
});

test('an integer is within its range, and every one of a small range comes up about as often', () => {
  const random = new SeededRandom(7);
  const counts = new Map<number, number>();
  for (let n = 0; n < 60_000; n++) {
    const value = random.integer(-2, 3);
    counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  expect([...counts.keys()].sort((a, b) => a - b)).toEqual([-2, -1, 0, 1, 2, 3]);
  for (const count of counts.values()) expect(Math.abs(count - 10_000)).toBeLessThan(500);
});

test('a chance of 0 never comes, a chance of 1 always, a tenth about every tenth time', () => {
  const random = new SeededRandom(1);
  let tenths = 0;
  for (let n = 0; n < 10_000; n++) {
    expect(random.chance(0)).toBe(false);
    expect(random.chance(1)).toBe(true);
    if (random.chance(0.1)) tenths++;
  }
  expect(Math.abs(tenths - 1_000)).toBeLessThan(150);
});

test('a pick is one of the items, and each is picked', () => {
  const random = new SeededRandom(3);
  const picked = new Set(Array.from({ length: 100 }, () => random.pick(['a', 'b', 'c'])));
  expect([...picked].sort()).toEqual(['a', 'b', 'c']);
  expect(() => random.pick([])).toThrow('there is an item to pick');
});

test('a fork is fixed by its parent, and then leaves it alone', () => {
  const one = new SeededRandom(9);
  const other = new SeededRandom(9);
  const fork = one.fork();
  draw(fork, 10);
  expect(draw(other.fork(), 3)).not.toEqual(draw(fork, 3));
  expect(draw(one, 5)).toEqual(draw(other, 5));
});
