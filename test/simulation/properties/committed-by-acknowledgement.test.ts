import { expect, test } from 'vitest';
import { CommittedByAcknowledgement } from '../../../src/simulation/properties/committed-by-acknowledgement.ts';
import { log, raft, turn } from './synthetic.ts';

function accepting(id: number, term: number, matchIndex: number) {
  const accepted = { kind: 'append-accepted', from: id, to: 1, term, matchIndex } as const;
  return turn(raft(id, { term }), { output: { send: [accepted] } });
}

const leading = (commitIndex: number) =>
  turn(raft(1, { role: 'leader', term: 4, entries: log(1, 4, 4), commitIndex }));

const believing = (matchIndex: number) =>
  turn(
    raft(1, {
      role: 'leader',
      term: 4,
      entries: log(1, 4, 4),
      matchOf: (id) => (id === 2 ? matchIndex : undefined),
    }),
  );

test('two of three, the leader among them, make an entry committed', () => {
  const property = new CommittedByAcknowledgement();
  property.afterTurn(leading(1));
  property.afterTurn(accepting(2, 4, 3));
  property.afterTurn(leading(3));
});

test('an acknowledgement of an earlier term, or of less, does not count', () => {
  for (const short of [accepting(2, 3, 3), accepting(2, 4, 2)]) {
    const property = new CommittedByAcknowledgement();
    property.afterTurn(leading(1));
    property.afterTurn(short);
    expect(() => property.afterTurn(leading(3))).toThrow('acknowledged to it only by 1');
  }
});

test('a leader takes no follower to hold what that one never acknowledged to it in its own term', () => {
  const property = new CommittedByAcknowledgement();
  property.afterTurn(accepting(2, 3, 3));
  property.afterTurn(accepting(2, 4, 2));
  property.afterTurn(believing(2));
  expect(() => property.afterTurn(believing(3))).toThrow('which it never said in term 4');
});
