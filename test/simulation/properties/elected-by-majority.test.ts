import { expect, test } from 'vitest';
import { ElectedByMajority } from '../../../src/simulation/properties/elected-by-majority.ts';
import { raft, turn } from './synthetic.ts';

function voting(id: number, to: number, term: number, granted = true) {
  return turn(raft(id, { term }), {
    output: { send: [{ kind: 'vote-response', from: id, to, term, granted }] },
  });
}

const leading = turn(raft(1, { role: 'leader', term: 3 }));

test('two votes of three, its own among them, make a leader', () => {
  const property = new ElectedByMajority();
  property.afterTurn(voting(2, 1, 3));
  property.afterTurn(leading);
  property.afterTurn(leading);
});

test('a leader with its own vote alone is found, whatever it got in another term, twice, or for another', () => {
  const short = [voting(2, 1, 2), voting(2, 3, 3), voting(2, 1, 3, false), voting(1, 1, 3)];
  for (const vote of short) {
    const property = new ElectedByMajority();
    property.afterTurn(vote);
    property.afterTurn(vote);
    expect(() => property.afterTurn(leading)).toThrow('node 1 leads term 3 with the votes of 1 of 3');
  }
});
