import { expect, test } from 'vitest';
import { CommitOfOwnTerm } from '../../../src/simulation/properties/commit-of-own-term.ts';
import { log, raft, turn } from './synthetic.ts';

const leading = (commitIndex: number) =>
  turn(raft(1, { role: 'leader', term: 4, entries: log(1, 2, 4), commitIndex }));

const following = (commitIndex: number) => turn(raft(1, { term: 4, entries: log(1, 2), commitIndex }));

test('a leader commits older entries with one of its own, and knows what was committed before it', () => {
  const property = new CommitOfOwnTerm();
  property.afterTurn(leading(1));
  property.afterTurn(leading(1));
  property.afterTurn(leading(3));
});

test('a leader that commits an older entry by itself is found (figure 8)', () => {
  const property = new CommitOfOwnTerm();
  property.afterTurn(leading(1));
  expect(() => property.afterTurn(leading(2))).toThrow('leader of term 4, committed entry 2 of term 2');
});

test('a follower commits what it is told', () => {
  const property = new CommitOfOwnTerm();
  property.afterTurn(following(1));
  property.afterTurn(following(2));
});
