import { expect, test } from 'vitest';
import { ElectionSafety } from '../../../src/simulation/properties/election-safety.ts';
import { raft, turn } from './synthetic.ts';

test('a term has one leader, however often it takes a turn', () => {
  const property = new ElectionSafety();
  property.afterTurn(turn(raft(1, { role: 'leader', term: 2 })));
  property.afterTurn(turn(raft(1, { role: 'leader', term: 2 })));
  property.afterTurn(turn(raft(2, { role: 'candidate', term: 2 })));
  property.afterTurn(turn(raft(2, { role: 'leader', term: 3 })));
});

test('a second leader of a term is found, also long after the first', () => {
  const property = new ElectionSafety();
  property.afterTurn(turn(raft(1, { role: 'leader', term: 2 })));
  property.afterTurn(turn(raft(1, { role: 'follower', term: 3 })));
  expect(() => property.afterTurn(turn(raft(2, { role: 'leader', term: 2 })))).toThrow(
    'nodes 1 and 2 both lead term 2',
  );
});
