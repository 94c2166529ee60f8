import { expect, test } from 'vitest';
import { OneVotePerTerm } from '../../../src/simulation/properties/one-vote-per-term.ts';
import { raft, turn } from './synthetic.ts';

function voting(to: number, term: number) {
  return turn(raft(1, { term }), {
    output: { send: [{ kind: 'vote-response', from: 1, to, term, granted: true }] },
  });
}

test('a vote may be told again, and another cast in another term', () => {
  const property = new OneVotePerTerm();
  property.afterTurn(voting(2, 3));
  property.afterTurn(voting(2, 3));
  property.afterTurn(voting(3, 4));
});

test('a second vote in a term is found, for another candidate or for itself', () => {
  const property = new OneVotePerTerm();
  property.afterTurn(voting(2, 3));
  expect(() => property.afterTurn(voting(3, 3))).toThrow('voted for 2 and for 3 in term 3');
  expect(() => property.afterTurn(turn(raft(1, { role: 'leader', term: 3 })))).toThrow(
    'voted for 2 and for 1',
  );
});
