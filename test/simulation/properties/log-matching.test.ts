import { expect, test } from 'vitest';
import { LogMatching } from '../../../src/simulation/properties/log-matching.ts';
import { entry, log, raft, turn, write } from './synthetic.ts';

function appended(id: number, entries: readonly ReturnType<typeof entry>[]) {
  return turn(raft(id, { entries }), { output: { write: write({ entries }) } });
}

test('logs may differ where the terms differ', () => {
  const property = new LogMatching();
  property.afterTurn(appended(1, log(1, 1, 2)));
  property.afterTurn(appended(2, log(1, 1, 3)));
  property.afterTurn(appended(3, log(1, 1, 2)));
});

test('an entry of one index and term with other content is found', () => {
  const property = new LogMatching();
  property.afterTurn(appended(1, [entry(1, 1, 7)]));
  expect(() => property.afterTurn(appended(2, [entry(1, 1, 8)]))).toThrow('its content differs');
});

test('equal entries behind different ones are found, also in a log found on disk', () => {
  const property = new LogMatching();
  property.afterTurn(appended(1, log(1, 1, 3)));
  expect(() => property.restarted(2, raft(2, { entries: log(1, 2, 3) }))).toThrow(
    'follows term 2 here and term 1',
  );
});
