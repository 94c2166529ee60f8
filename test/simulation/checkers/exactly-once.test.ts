import { expect, test } from 'vitest';
import type { Answer } from '../../../src/simulation/calls.ts';
import { checkExactlyOnce } from '../../../src/simulation/checkers/exactly-once.ts';
import { command, committed } from './committed.ts';

const log = committed([{ machine: 'm', body: 'a', result: 'A' }]);
const ok: Answer = { kind: 'ok', result: 'A', revision: 1, index: 1 };

test('a call is answered by its own entry, or is of unknown outcome, or was refused and is nowhere', () => {
  checkExactlyOnce(
    [
      command('m', 'a', 1, ok),
      command('m', 'a', 1, { kind: 'unknown' }),
      command('m', 'b', 2, { kind: 'refused', code: 'TIMEOUT' }),
    ],
    log,
  );
});

test('an answer that the log does not bear out is found', () => {
  const wrong = [
    command('m', 'a', 1, { kind: 'refused', code: 'NO_LEADER' }),
    command('m', 'a', 1, { ...ok, index: 2 }),
    command('m', 'a', 1, { ...ok, result: 'B' }),
    command('m', 'a', 1, { ...ok, revision: 2 }),
    command('m', 'b', 1, ok),
    command('m', 'a', 2, ok),
  ];
  for (const call of wrong) expect(() => checkExactlyOnce([call], log)).toThrow('exactly once');
});
