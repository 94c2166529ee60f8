import { expect, test } from 'vitest';
import { LeaseSafety } from '../../../src/simulation/properties/lease-safety.ts';
import { raft, turn } from './synthetic.ts';

test('a lease that is held while another leads a later term is refused', () => {
  const property = new LeaseSafety(() => true);
  property.afterTurn(turn(raft(1, { role: 'leader', term: 1, holdsLease: true })));
  property.afterTurn(turn(raft(2, { role: 'leader', term: 2 })));
  property.afterTurn(turn(raft(1, { role: 'leader', term: 1 })));
  expect(() => property.afterTurn(turn(raft(1, { role: 'leader', term: 1, holdsLease: true })))).toThrow(
    'node 1 holds its lease in term 1, while another leads term 2',
  );
});

test('where the clocks differ by too much nothing is promised', () => {
  const property = new LeaseSafety(() => false);
  property.afterTurn(turn(raft(2, { role: 'leader', term: 2 })));
  property.afterTurn(turn(raft(1, { role: 'leader', term: 1, holdsLease: true })));
});
