import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ClockRates } from '../../src/raft/clock-rates.ts';

/** Readings of a clock that runs at `rate`, through messages of these delays. */
function isFoundFast(rate: number, driftMax: number, delaysMs: readonly number[]): boolean {
  const rates = new ClockRates(driftMax, 1000);
  let found = false;
  let nowMs = 0;
  for (const delayMs of delaysMs) {
    nowMs += 100;
    const readMs = nowMs + delayMs / 2;
    const theirsMs = Math.floor(5000 + readMs * rate);
    rates.observe(2, { afterMs: Math.floor(nowMs), beforeMs: nowMs + delayMs, theirsMs });
    found ||= rates.isFast(2);
  }
  return found;
}

test('a clock within the bound is never called fast, whatever messages do', () => {
  const delays = fc.array(fc.integer({ min: 0, max: 90 }), { minLength: 2, maxLength: 60 });
  const rate = fc.double({ min: 0.3, max: 1 / (1 - 0.1), noNaN: true });
  fc.assert(fc.property(rate, delays, (each, all) => !isFoundFast(each, 0.1, all)));
});

test('one far beyond the bound is found within some windows, if messages are fast', () => {
  const delays = fc.array(fc.integer({ min: 0, max: 10 }), { minLength: 20, maxLength: 20 });
  const rate = fc.double({ min: 1.2, max: 3, noNaN: true });
  fc.assert(fc.property(rate, delays, (each, all) => isFoundFast(each, 0.1, all)));
});

test('a clock that begins anew is compared anew', () => {
  const rates = new ClockRates(0.1, 100);
  rates.observe(2, { afterMs: 0, beforeMs: 0, theirsMs: 9000 });
  rates.observe(2, { afterMs: 50, beforeMs: 50, theirsMs: 10 });
  rates.observe(2, { afterMs: 100, beforeMs: 100, theirsMs: 60 });
  expect(rates.isFast(2)).toBe(false);
});
