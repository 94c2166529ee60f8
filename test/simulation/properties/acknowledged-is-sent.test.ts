import { expect, test } from 'vitest';
import type { Entry } from '../../../src/raft/entry.ts';
import { AcknowledgedIsSent } from '../../../src/simulation/properties/acknowledged-is-sent.ts';
import { log, raft, turn } from './synthetic.ts';

const leader = raft(1, { role: 'leader', term: 4, entries: log(1, 4, 4) });

const sending = (previousIndex: number, entries: readonly Entry[]) => {
  const previous = { index: previousIndex, term: 1 };
  const request = {
    kind: 'append-request',
    from: 1,
    to: 2,
    term: 4,
    previous,
    entries,
    commitIndex: 0,
  } as const;
  return turn(leader, { output: { send: [request] } });
};

function accepting(entries: readonly Entry[], matchIndex: number, commitIndex = 0) {
  const accepted = { kind: 'append-accepted', from: 2, to: 1, term: 4, matchIndex } as const;
  const view = raft(2, { term: 4, entries, commitIndex });
  return turn(view, { output: { send: [accepted] }, others: [leader] });
}

test('what was sent, and what is committed, may be acknowledged', () => {
  const property = new AcknowledgedIsSent();
  property.afterTurn(sending(1, log(1, 4).slice(1)));
  property.afterTurn(accepting(log(1, 4), 2));
  property.afterTurn(accepting(log(1, 4, 4), 3, 3));
});

test('an acknowledgement of what was not sent is found', () => {
  const property = new AcknowledgedIsSent();
  property.afterTurn(sending(1, log(1, 4).slice(1)));
  expect(() => property.afterTurn(accepting(log(1, 4, 4), 3))).toThrow('it was sent entries up to 2');
});

test('an acknowledgement of another entry than the one of the leader is found', () => {
  const property = new AcknowledgedIsSent();
  property.afterTurn(sending(2, []));
  expect(() => property.afterTurn(accepting(log(1, 2), 2))).toThrow(
    "its own is of term 2, the leader's of term 4",
  );
});
