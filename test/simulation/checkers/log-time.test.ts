import { expect, test } from 'vitest';
import { checkLogTime } from '../../../src/simulation/checkers/log-time.ts';
import { command, committed } from './committed.ts';

/** One command that its client asked for and saw done within these seconds, and the log time that it bears. */
function check(
  ...stamped: readonly { readonly from: number; readonly to: number; readonly timeMs: number }[]
): void {
  const log = committed(stamped.map(({ timeMs }) => ({ machine: 'kv', body: null, result: null, timeMs })));
  const calls = stamped.map(({ from, to }, at) => ({
    ...command('kv', null, at + 1, { kind: 'ok', result: null, revision: 0, index: at + 1 }),
    callUs: from * 1e6,
    returnUs: to * 1e6,
  }));
  checkLogTime(calls, log);
}

test('log time may stand still, and may go on with the fastest clock', () => {
  check({ from: 1, to: 2, timeMs: 100 }, { from: 9, to: 10, timeMs: 100 });
  check({ from: 0, to: 1, timeMs: 2000 }, { from: 9, to: 10, timeMs: 20_000 });
});

test('log time that jumps is found, in the first command and between two', () => {
  expect(() => check({ from: 0, to: 1, timeMs: 1e11 })).toThrow('advanced by 100000000000 ms');
  const steady = { from: 1, to: 2, timeMs: 1000 };
  expect(() => check(steady, { from: 3, to: 4, timeMs: 7500 })).toThrow('from entry 1 to entry 2');
});
