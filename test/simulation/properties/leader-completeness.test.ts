import { expect, test } from 'vitest';
import { LeaderCompleteness } from '../../../src/simulation/properties/leader-completeness.ts';
import { Ledger } from '../../../src/simulation/properties/ledger.ts';
import { entry, log, raft, turn } from './synthetic.ts';

test('a leader of a higher term without a committed entry is found', () => {
  const ledger = new Ledger();
  const property = new LeaderCompleteness(ledger);
  ledger.append(entry(1, 1), 2);
  property.afterTurn(turn(raft(1, { role: 'leader', term: 3, entries: log(1) })));
  expect(() => property.afterTurn(turn(raft(2, { role: 'leader', term: 4, entries: log(2) })))).toThrow(
    'without entry 1 of term 1, committed in term 2',
  );
});

test('it is the term in which an entry was committed that counts: a late leader of an old term may lack it', () => {
  const ledger = new Ledger();
  const property = new LeaderCompleteness(ledger);
  ledger.append(entry(1, 1), 5);
  property.afterTurn(turn(raft(2, { role: 'leader', term: 4, entries: log(2) })));
  property.afterTurn(turn(raft(2, { role: 'leader', term: 5, entries: log(2) })));
});

test('an entry that is committed while the leader of a higher term lacks it is found', () => {
  const ledger = new Ledger();
  const property = new LeaderCompleteness(ledger);
  const other = raft(2, { role: 'leader', term: 4, entries: log(2) });
  ledger.append(entry(1, 1), 3);
  const committing = turn(raft(1, { role: 'leader', term: 3, entries: log(1), commitIndex: 1 }), {
    others: [other],
  });
  expect(() => property.afterTurn(committing)).toThrow('node 2 leads term 4 without entry 1');
});

test('what a leader has compacted, it had', () => {
  const ledger = new Ledger();
  const property = new LeaderCompleteness(ledger);
  ledger.append(entry(1, 1), 1);
  ledger.append(entry(2, 1), 1);
  property.afterTurn(turn(raft(1, { role: 'leader', term: 3, base: { index: 2, term: 1 } })));
});
