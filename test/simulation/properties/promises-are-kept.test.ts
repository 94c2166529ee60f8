import { expect, test } from 'vitest';
import type { Message } from '../../../src/raft/message.ts';
import { PromisesAreKept } from '../../../src/simulation/properties/promises-are-kept.ts';
import { raft, turn } from './synthetic.ts';

/** Node 2 says this when its clock is there. */
function saying(nowMs: number, message: Message) {
  return turn(raft(2, { term: message.term }), { output: { send: [message] }, nowMs });
}

/** Node 2, the process of which began when its clock was at 0. */
function begun(areClocksBound = true): PromisesAreKept {
  const property = new PromisesAreKept(() => areClocksBound);
  property.afterTurn(turn(raft(2)));
  return property;
}

/** Its process began `begunMs` after its clock. */
function answering(clockMs: number, promiseMs: number, begunMs = 0) {
  const envelope = { from: 2, to: 3, term: 4 };
  const answer = { ...envelope, readRound: 0, sentMs: 0, clockMs, promiseMs };
  return saying(begunMs + clockMs, { kind: 'heartbeat-response', ...answer });
}

const VOTE = { kind: 'vote-response', from: 2, to: 1, term: 5, granted: true } as const;
const REQUEST = { from: 1, to: 2, term: 5, last: { index: 0, term: 0 } };

test('a vote before the promise to elect nobody ends is found, and a campaign too', () => {
  for (const message of [
    VOTE,
    { kind: 'vote-request', ...REQUEST, from: 2, to: 1, transfer: false } as const,
  ]) {
    const property = begun();
    property.afterTurn(answering(1000, 500));
    expect(() => property.afterTurn(saying(1499, message))).toThrow('1 ms before its promise');
  }
});

test('a vote behind the promise is sound, and so is one for whom a leader hands over to', () => {
  const property = begun();
  property.afterTurn(answering(1000, 500));
  property.afterTurn(saying(1500, VOTE));
  const handover = begun();
  handover.afterTurn(answering(1000, 500));
  const request = { kind: 'vote-request', ...REQUEST, transfer: true } as const;
  handover.afterTurn(turn(raft(1, { term: 5 }), { output: { send: [request] } }));
  handover.afterTurn(saying(1001, VOTE));
});

test('what a process says of its clock counts from its beginning', () => {
  const property = begun();
  property.restarted(2);
  property.afterTurn(turn(raft(2), { nowMs: 3000 }));
  property.afterTurn(answering(1000, 500, 3000));
  expect(() => property.afterTurn(saying(4499, VOTE))).toThrow('1 ms before its promise');
});

test('a vote of the term of the promise, told once more, elects nobody else', () => {
  const property = begun();
  property.afterTurn(answering(1000, 500));
  property.afterTurn(saying(1001, { ...VOTE, term: 4 }));
});

test('a lease that outlasts the promises of a majority is found, while the clocks keep within their bound', () => {
  const leader = raft(3, { role: 'leader', term: 4, holdsLease: true });
  const at = (nowMs: number) => turn(leader, { others: [leader], nowMs });
  const property = begun();
  property.afterTurn(answering(1000, 500));
  property.afterTurn(at(1500));
  expect(() => property.afterTurn(at(1501))).toThrow('node 3 holds its lease in term 4, and only 3');
  const apart = begun(false);
  apart.afterTurn(answering(1000, 500));
  apart.afterTurn(at(1501));
});
