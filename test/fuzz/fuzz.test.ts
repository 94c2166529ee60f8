import { expect, test } from 'vitest';
import { fuzz } from './fuzz.ts';
import { mutate } from './mutate.ts';
import { TARGETS } from './targets.ts';

const SEED = Number(process.env['SEED'] ?? 1) % 2 ** 20;
const CASES = 1_500;

test.each(TARGETS)('hostile input to $name is taken for what it is, or refused', (target) => {
  const { cases, taken } = fuzz(target, SEED, 0, CASES);
  expect(cases).toBe(CASES);
  expect(taken).toBeLessThan(CASES);
});

test('a target that throws anything else is found, with the case that shows it', () => {
  const careless = {
    name: 'careless',
    attack: (random: Parameters<typeof mutate>[1]): 'taken' => {
      const { length } = (mutate({ items: [1, 2] }, random) as { readonly items: readonly number[] }).items;
      return length >= 0 ? 'taken' : 'taken';
    },
  };
  expect(() => fuzz(careless, 1, 0, 1_000)).toThrow(/case \d+ of careless, seed 1: TypeError/);
});
