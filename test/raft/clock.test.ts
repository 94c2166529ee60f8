import { expect, test } from 'vitest';
import { Clock } from '../../src/raft/clock.ts';

test('it counts from 0, whatever the outer clock says, and stands still between two tellings', () => {
  const clock = new Clock(10);
  clock.tell(5_000);
  clock.tell(5_250.5);
  clock.tick();
  expect(clock.nowMs).toBe(250.5);
});

test('without an outer clock a tick takes what it should', () => {
  const clock = new Clock(10);
  clock.tick();
  clock.tick();
  expect(clock.nowMs).toBe(20);
  clock.tell(7);
  clock.tell(9);
  expect(clock.nowMs).toBe(22);
});

test('it never goes back', () => {
  const clock = new Clock(10);
  clock.tell(5);
  expect(() => clock.tell(4)).toThrow('a monotonic clock never goes back');
});
