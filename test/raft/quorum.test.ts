import fc from 'fast-check';
import { expect, test } from 'vitest';
import { committedIndex, majority, voteOutcome } from '../../src/raft/quorum.ts';

const indexes = fc.array(fc.nat(20), { minLength: 1, maxLength: 9 });
const votes = fc.array(fc.constantFrom(true, false, undefined), { minLength: 1, maxLength: 9 });

/** How many of them have reached `index`. */
const holders = (matched: readonly number[], index: number): number =>
  matched.filter((match) => match >= index).length;

test('a majority is more than half, also where the number is even', () => {
  expect([1, 2, 3, 4, 5, 6].map((size) => majority(Array.from({ length: size })))).toEqual([
    1, 2, 2, 3, 3, 4,
  ]);
});

test('any two majorities share a member', () => {
  fc.assert(fc.property(indexes, (members) => 2 * majority(members) > members.length));
});

test('committedIndex is stored by a majority, and the next index is not', () => {
  fc.assert(
    fc.property(indexes, (matched) => {
      const committed = committedIndex(matched);
      expect(holders(matched, committed)).toBeGreaterThanOrEqual(majority(matched));
      expect(holders(matched, committed + 1)).toBeLessThan(majority(matched));
    }),
    { numRuns: 1_000 },
  );
});

test('the order of the members does not matter, and none of them is moved', () => {
  const matched = [9, 10, 2];
  expect(committedIndex(matched)).toBe(9);
  expect(committedIndex([10, 2, 9])).toBe(9);
  expect(matched).toEqual([9, 10, 2]);
});

test('a vote is won or lost as soon as no answer can change it, and not before', () => {
  fc.assert(
    fc.property(votes, (cast) => {
      const all = (missing: boolean): number => cast.filter((vote) => vote ?? missing).length;
      const atBest = all(true) >= majority(cast);
      const atWorst = all(false) >= majority(cast);
      expect(voteOutcome(cast)).toBe(atWorst ? 'won' : atBest ? 'open' : 'lost');
    }),
    { numRuns: 1_000 },
  );
});
