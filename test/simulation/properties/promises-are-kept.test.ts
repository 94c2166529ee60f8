import { expect, test } from 'vitest';
import type { Message } from '../../../src/raft/message.ts';
import { PromisesAreKept } from '../../../src/simulation/properties/promises-are-kept.ts';
import { raft, turn } from './synthetic.ts';

/** Node 2 says this when its clock is there. */
function saying(nowMs: number, message: Message) {
  return turn(raft(2, { term: message.term }), { output: { send: [message] }, nowMs });
}

function answering(clockMs: number, promiseMs: number) {
  const envelope = { from: 2, to: 3, term: 4 };
  const answer = { ...envelope, readRound: 0, sentMs: 0, clockMs, promiseMs };
  return saying(clockMs, { kind: 'heartbeat-response', ...answer });
}

const VOTE = { kind: 'vote-response', from: 2, to: 1, term: 5, granted: true } as const;
const REQUEST = { from: 1, to: 2, term: 5, last: { index: 0, term: 0 } };

test('a vote before the promise to elect nobody ends is found, and a campaign too', () => {
  for (const message of [
    VOTE,
    { kind: 'vote-request', ...REQUEST, from: 2, to: 1, transfer: false } as const,
  ]) {
    const property = new PromisesAreKept();
    property.afterTurn(answering(1000, 500));
    expect(() => property.afterTurn(saying(1499, message))).toThrow('1 ms before its promise');
  }
});

test('a vote behind the promise is sound, and so is one for whom a leader hands over to', () => {
  const property = new PromisesAreKept();
  property.afterTurn(answering(1000, 500));
  property.afterTurn(saying(1500, VOTE));
  const handover = new PromisesAreKept();
  handover.afterTurn(answering(1000, 500));
  const request = { kind: 'vote-request', ...REQUEST, transfer: true } as const;
  handover.afterTurn(turn(raft(1, { term: 5 }), { output: { send: [request] } }));
  handover.afterTurn(saying(1001, VOTE));
});
