import { expect, test } from 'vitest';
import type { Message } from '../../../src/raft/message.ts';
import { DurableBeforeAnswer } from '../../../src/simulation/properties/durable-before-answer.ts';
import { disk, log, raft, turn } from './synthetic.ts';

const vote: Message = { kind: 'vote-response', from: 1, to: 2, term: 3, granted: true };
const accepted: Message = { kind: 'append-accepted', from: 1, to: 2, term: 3, matchIndex: 2 };

function sending(message: Message, on: ReturnType<typeof disk>) {
  return turn(raft(1, { term: 3 }), { output: { send: [message] }, disks: [on] });
}

test('what is on disk may be told', () => {
  const property = new DurableBeforeAnswer();
  property.afterTurn(sending(vote, disk([], { term: 3, vote: 2 })));
  property.afterTurn(sending(vote, disk([], { term: 4, vote: undefined })));
  property.afterTurn(sending(accepted, disk(log(1, 3), { term: 3, vote: undefined })));
  property.afterTurn(sending({ ...vote, granted: false }, disk()));
});

test('a vote that is not on disk, or is for another, is found', () => {
  const property = new DurableBeforeAnswer();
  expect(() => property.afterTurn(sending(vote, disk([], { term: 2, vote: 2 })))).toThrow(
    'told node 2 of its vote',
  );
  expect(() => property.afterTurn(sending(vote, disk([], { term: 3, vote: 1 })))).toThrow(
    'told node 2 of its vote',
  );
});

test('a candidate that asks before its own vote is on disk is found', () => {
  const last = { index: 0, term: 0 };
  const asking: Message = { kind: 'vote-request', from: 1, to: 2, term: 3, last, transfer: false };
  const property = new DurableBeforeAnswer();
  property.afterTurn(sending(asking, disk([], { term: 3, vote: 1 })));
  expect(() => property.afterTurn(sending(asking, disk([], { term: 2, vote: 1 })))).toThrow(
    'told node 1 of its vote',
  );
});

test('an acknowledgement before the entries or the term are on disk is found', () => {
  const property = new DurableBeforeAnswer();
  const short = disk(log(1), { term: 3, vote: undefined });
  expect(() => property.afterTurn(sending(accepted, short))).toThrow('its disk ends at 1');
  const old = disk(log(1, 2), { term: 2, vote: undefined });
  expect(() => property.afterTurn(sending(accepted, old))).toThrow('with term 2 on disk');
});
