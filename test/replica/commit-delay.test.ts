import { expect, test } from 'vitest';
import { CommitDelay } from '../../src/replica/commit-delay.ts';

/** Lets entries be committed one after the other, each after so many ms; the time when the last one was. */
function commitAll(
  delay: CommitDelay,
  startMs: number,
  delaysMs: readonly number[],
  isUsual: boolean,
): number {
  let nowMs = startMs;
  for (const [at, delayMs] of delaysMs.entries()) {
    delay.follow({ lastIndex: at + 1, commitIndex: at }, nowMs, { isUsual });
    nowMs += delayMs;
    delay.follow({ lastIndex: at + 1, commitIndex: at + 1 }, nowMs, { isUsual });
  }
  return nowMs;
}

const times = (count: number, ms: number): readonly number[] => Array.from({ length: count }, () => ms);

test('nothing is late before anything was committed, nor what takes as long as usual', () => {
  const delay = new CommitDelay();
  expect(delay.isLate(0)).toBe(false);
  expect(delay.isLate(commitAll(delay, 0, times(100, 5), true))).toBe(false);
});

test('an entry that waits for long is late at once', () => {
  const delay = new CommitDelay();
  const nowMs = commitAll(delay, 0, times(100, 5), true);
  delay.follow({ lastIndex: 101, commitIndex: 100 }, nowMs, { isUsual: true });
  expect(delay.isLate(nowMs + 9)).toBe(false);
  expect(delay.isLate(nowMs + 11)).toBe(true);
});

test('commits are late while several took long, and on time again when they do not', () => {
  const delay = new CommitDelay();
  const quietMs = commitAll(delay, 0, times(100, 5), true);
  const lateMs = commitAll(delay, quietMs, times(10, 20), false);
  expect(delay.isLate(lateMs)).toBe(true);
  expect(delay.isLate(commitAll(delay, lateMs, times(10, 5), false))).toBe(false);
});

test('what happened while snapshots were sent is not taken for usual', () => {
  const delay = new CommitDelay();
  const quietMs = commitAll(delay, 0, times(100, 5), true);
  expect(delay.isLate(commitAll(delay, quietMs, times(1000, 20), false))).toBe(true);
});

test('what is short is never late, and what is stuck, or long ago, is no reason to wait', () => {
  const delay = new CommitDelay();
  const quickMs = commitAll(delay, 0, times(100, 1), true);
  const stillQuickMs = commitAll(delay, quickMs, times(100, 3), false);
  expect(delay.isLate(stillQuickMs)).toBe(false);
  const lateMs = commitAll(delay, stillQuickMs, times(10, 20), false);
  expect(delay.isLate(lateMs + 900)).toBe(true);
  expect(delay.isLate(lateMs + 1100)).toBe(false);
  delay.follow({ lastIndex: 101, commitIndex: 100 }, lateMs + 2000, { isUsual: false });
  expect(delay.isLate(lateMs + 2900)).toBe(true);
  expect(delay.isLate(lateMs + 3100)).toBe(false);
});

test('another leadership begins anew', () => {
  const delay = new CommitDelay();
  const nowMs = commitAll(delay, 0, [...times(100, 5), ...times(10, 50)], true);
  expect(delay.isLate(nowMs)).toBe(true);
  delay.clear();
  expect(delay.isLate(nowMs)).toBe(false);
});
