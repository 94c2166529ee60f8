import { expect, test } from 'vitest';
import type { Message } from '../../src/raft/message.ts';
import { Outbox } from '../../src/raft/outbox.ts';

const accepted = (matchIndex: number): Message => ({
  kind: 'append-accepted',
  from: 1,
  to: 2,
  term: 1,
  matchIndex,
});
const beat: Message = {
  kind: 'heartbeat-response',
  from: 1,
  to: 2,
  term: 1,
  readRound: 0,
  sentMs: 0,
  clockMs: 0,
  promiseMs: 0,
};
const matches = (messages: readonly Message[]): readonly (number | string)[] =>
  messages.map((message) => (message.kind === 'append-accepted' ? message.matchIndex : message.kind));

test('a promise leaves at once when no write is on its way', () => {
  const outbox = new Outbox();
  outbox.promise(accepted(1));
  expect(matches(outbox.take(4, 4))).toEqual([1]);
  expect(outbox.isDue).toBe(false);
});

test('a promise waits for the last write handed out, other messages do not', () => {
  const outbox = new Outbox();
  outbox.promise(accepted(1));
  outbox.send(beat);
  expect(matches(outbox.take(5, 4))).toEqual(['heartbeat-response']);
  expect(outbox.isDue).toBe(false);
  outbox.written(4);
  expect(outbox.isDue).toBe(false);
  outbox.written(5);
  expect(matches(outbox.take(5, 5))).toEqual([1]);
});

test('promises leave in the order in which they were made, each with its own write', () => {
  const outbox = new Outbox();
  outbox.promise(accepted(1));
  outbox.take(1, 0);
  outbox.promise(accepted(2));
  outbox.take(2, 0);
  outbox.promise(accepted(3));
  outbox.take(3, 0);
  outbox.written(2);
  outbox.promise(accepted(4));
  expect(matches(outbox.take(3, 2))).toEqual([1, 2]);
  outbox.written(3);
  expect(matches(outbox.take(3, 3))).toEqual([3, 4]);
});

test('what was promised in an earlier term does not leave in a later one', () => {
  const outbox = new Outbox();
  outbox.promise(accepted(1));
  expect(outbox.take(1, 0)).toEqual([]);
  outbox.promise(accepted(2));
  outbox.forgetPromises();
  outbox.written(1);
  expect(outbox.take(1, 1)).toEqual([]);
});
