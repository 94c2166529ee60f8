import { expect, test } from 'vitest';
import { checkSessionsLive } from '../../../src/simulation/checkers/sessions-live.ts';
import { committed } from './committed.ts';

/** A session of 800 ms is opened at 1,000; then its client's commands come at these times, and the last one finds it expired. */
function check(...times: readonly number[]): void {
  const opened = { machine: 'sessions', body: { kind: 'open', ttlMs: 800 }, timeMs: 1000 };
  const commands = times.map((timeMs) => ({ machine: 'kv', body: null, result: null, timeMs }));
  const { entries } = committed([{ ...opened, result: { kind: 'opened', ttlMs: 800 } }, ...commands]);
  const outcome = { kind: 'refused', code: 'SESSION_EXPIRED', message: '' } as const;
  const ended = [...entries.values()].map((entry) =>
    entry.index > times.length ? { ...entry, outcome } : entry,
  );
  checkSessionsLive({ entries: new Map(ended.map((entry) => [entry.index, entry])) });
}

test('a session that ends before its time is found, counted from its opening and from its last command', () => {
  expect(() => check(1799)).toThrow('1 ms before its time');
  expect(() => check(1500, 2199)).toThrow('1 ms before its time');
});

test('a session that ends in its time is sound; a command need not move its deadline by less than an eighth', () => {
  check(1800);
  check(1500, 2200);
});
