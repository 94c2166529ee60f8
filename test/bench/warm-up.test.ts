import { expect, test } from 'vitest';
import { isSteady } from '../../bench/measure/warm-up.ts';

test.each([
  [[], false],
  // Too few to tell.
  [[100, 101, 99, 100], false],
  [[100, 101, 99, 100, 102], true],
  // It still rises, or did so one window ago.
  [[100, 120, 150, 200, 300], false],
  [[100, 120, 150, 200, 205], false],
  [[100, 120, 150, 200, 205, 203], true],
  // A window in which the machine stuttered, and one that was better again, tell nothing new.
  [[100, 150, 200, 20, 209], true],
  [[100, 150, 200, 20, 220], false],
])('rates of %j are steady: %s', (rates, steady) => {
  expect(isSteady(rates)).toBe(steady);
});
