import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LogClock } from '../../src/replica/log-clock.ts';

test('log time goes on from the last stamp and follows the monotonic clock', () => {
  const clock = new LogClock(5_000, { monotonicMs: 70, wallMs: 0 });
  expect(clock.stamp({ monotonicMs: 70, wallMs: 0 })).toBe(5_000);
  expect(clock.stamp({ monotonicMs: 95.7, wallMs: 0 })).toBe(5_025);
});

test('no jump of the wall clock moves log time', () => {
  fc.assert(
    fc.property(fc.integer({ min: -(10 ** 12), max: 10 ** 12 }), (wallMs) => {
      const clock = new LogClock(100, { monotonicMs: 0, wallMs: 0 });
      expect(clock.stamp({ monotonicMs: 10, wallMs })).toBe(110);
    }),
  );
});

test('a monotonic clock that goes back is a broken promise', () => {
  const clock = new LogClock(100, { monotonicMs: 50, wallMs: 0 });
  clock.stamp({ monotonicMs: 60, wallMs: 0 });
  expect(() => clock.stamp({ monotonicMs: 55, wallMs: 0 })).toThrow('log time never goes back');
});
