import { expect, test } from 'vitest';
import { ClockBound } from '../../src/simulation/clock-bound.ts';
import { NodeClock } from '../../src/simulation/node-clock.ts';

const DRIFT_MAX = 0.2;
const LEASE_MS = 100;

function setUp(): { clocks: readonly NodeClock[]; bound: ClockBound } {
  const clocks = [1, 2, 3].map(() => new NodeClock(0, 0));
  return { clocks, bound: new ClockBound(clocks, DRIFT_MAX, LEASE_MS) };
}

test('clocks may differ by all that leases allow, and no more', () => {
  const { clocks, bound } = setUp();
  clocks[0]?.drift(0, Math.sqrt(1 - DRIFT_MAX));
  clocks[1]?.drift(0, 1 / Math.sqrt(1 - DRIFT_MAX));
  bound.changed(0);
  expect(bound.holds(0)).toBe(true);
  clocks[2]?.drift(0, 1.2);
  bound.changed(0);
  expect(bound.holds(0)).toBe(false);
});

test('once they are back, leases from before must run out by the slowest clock', () => {
  const { clocks, bound } = setUp();
  clocks[0]?.drift(0, 0.5);
  bound.changed(0);
  clocks[0]?.drift(1_000_000, 1);
  bound.changed(1_000_000);
  expect([bound.holds(1_099_999), bound.holds(1_100_000)]).toEqual([false, true]);
});
