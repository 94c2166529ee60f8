import { expect, test } from 'vitest';
import { Ledger } from '../../../src/simulation/properties/ledger.ts';
import { StateMachineSafety } from '../../../src/simulation/properties/state-machine-safety.ts';
import { entry, log, raft, turn } from './synthetic.ts';

test('nodes that commit the same entries write one ledger', () => {
  const ledger = new Ledger();
  const property = new StateMachineSafety(ledger);
  property.afterTurn(turn(raft(1, { term: 2, entries: log(1, 2), commitIndex: 2 })));
  property.afterTurn(turn(raft(2, { term: 2, entries: log(1, 2), commitIndex: 1 })));
  property.afterTurn(turn(raft(2, { term: 2, entries: log(1, 2), commitIndex: 2 })));
  expect(ledger.lastIndex).toBe(2);
  expect(ledger.at(1)).toMatchObject({ inTerm: 2, entry: { term: 1 } });
});

test('another entry at a committed index is found, be it of another term or of other bytes', () => {
  for (const other of [entry(1, 2), entry(1, 1, 9)]) {
    const property = new StateMachineSafety(new Ledger());
    property.afterTurn(turn(raft(1, { entries: log(1), commitIndex: 1 })));
    expect(() => property.afterTurn(turn(raft(2, { entries: [other], commitIndex: 1 })))).toThrow(
      'committed an entry 1',
    );
  }
});

test('an entry that is committed and not held is found', () => {
  const property = new StateMachineSafety(new Ledger());
  expect(() => property.afterTurn(turn(raft(1, { entries: log(1), commitIndex: 2 })))).toThrow(
    'does not hold',
  );
});
