import { expect, test } from 'vitest';
import { LeaseSafety } from '../../../src/simulation/properties/lease-safety.ts';
import { raft, turn } from './synthetic.ts';

const old = raft(1, { role: 'leader', term: 1, holdsLease: true });

test('an election while the last leader holds its lease is refused', () => {
  const property = new LeaseSafety(() => true);
  property.afterTurn(turn(old));
  expect(() => property.afterTurn(turn(raft(2, { role: 'leader', term: 2 }), { others: [old] }))).toThrow(
    'node 2 leads term 2, while node 1 holds its lease in term 1',
  );
});

test('a leader that has lost its lease, or learned of the election, is no hindrance', () => {
  const property = new LeaseSafety(() => true);
  const expired = raft(1, { role: 'leader', term: 1 });
  property.afterTurn(turn(raft(2, { role: 'leader', term: 2 }), { others: [expired] }));
  const follower = raft(2, { role: 'follower', term: 3 });
  property.afterTurn(turn(raft(3, { role: 'leader', term: 3 }), { others: [follower] }));
});

test('where the clocks differ by too much nothing is promised', () => {
  const property = new LeaseSafety(() => false);
  property.afterTurn(turn(raft(2, { role: 'leader', term: 2 }), { others: [old] }));
});
