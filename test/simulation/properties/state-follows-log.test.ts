import { expect, test } from 'vitest';
import type { RecordChange } from '../../../src/machine/records.ts';
import { type Changed, StateFollowsLog } from '../../../src/simulation/properties/state-follows-log.ts';
import { held, StoredRecords } from '../../contract/stored-records.ts';
import { raft, turn } from './synthetic.ts';

/** Entry 1 makes a and b, entry 2 raises a, entry 3 puts it back. */
const LOG: readonly (readonly Changed[])[] = [
  [],
  [
    { key: 'a', before: undefined, after: 1 },
    { key: 'b', before: undefined, after: { deep: [1] } },
  ],
  [{ key: 'a', before: 1, after: 2 }],
  [{ key: 'a', before: 2, after: 1 }],
];

function property(): StateFollowsLog {
  return new StateFollowsLog({ catchUp: () => undefined, changesOf: (index) => LOG[index] ?? [] });
}

function storing(to: number, ...changes: readonly RecordChange[]) {
  return turn(raft(1), { output: { state: { changes: held(...changes), applied: { index: to, term: 1 } } } });
}

const a = (value: number): RecordChange => new StoredRecords().change('a', value);
const b: RecordChange = new StoredRecords().change('b', { deep: [1] });

test('a node stores what its entries changed, in batches of any size and order', () => {
  const one = property();
  one.afterTurn(storing(1, b, a(1)));
  one.afterTurn(storing(2, a(2)));
  property().afterTurn(storing(2, a(2), b));
  const back = property();
  back.afterTurn(storing(1, a(1), b));
  back.afterTurn(storing(3));
});

test('a change that is wrong, missing, or of no entry is found', () => {
  expect(() => property().afterTurn(storing(1, a(7), b))).toThrow('it is 7 instead of 1');
  expect(() => property().afterTurn(storing(1, a(1)))).toThrow('record "b": its change is missing');
  expect(() => property().afterTurn(storing(1, a(1), b, new StoredRecords().change('c', 1)))).toThrow(
    'no entry changes it',
  );
});

test('entries that are applied twice are found', () => {
  const twice = property();
  twice.afterTurn(storing(1, a(1), b));
  expect(() => twice.afterTurn(storing(1, a(1), b))).toThrow('stored up to 1 after 1');
});

test('a node that restarts goes on from what its disk held', () => {
  const restarted = property();
  restarted.afterTurn(storing(2, a(2), b));
  restarted.restarted(1, raft(1, { appliedIndex: 1 }));
  restarted.afterTurn(storing(2, a(2)));
});
