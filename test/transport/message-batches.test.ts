import { expect, test } from 'vitest';
import type { Message } from '../../src/raft/message.ts';
import { messageBatches } from '../../src/transport/message-batches.ts';

const append = (bytes: number): Message => ({
  kind: 'append-request',
  from: 1,
  to: 2,
  term: 1,
  previous: { index: 0, term: 0 },
  commitIndex: 0,
  entries: [{ index: 1, term: 1, kind: 'command', data: new Uint8Array(bytes) }],
});

const sizes = (messages: readonly Message[], bytesMax: number): readonly number[] =>
  [...messageBatches(messages, bytesMax)].map((batch) => batch.length);

test('small messages leave together, large ones do not', () => {
  expect(sizes([], 1_000)).toEqual([]);
  expect(sizes([append(10), append(10), append(10)], 1_000)).toEqual([3]);
  expect(sizes([append(600), append(600), append(10)], 1_000)).toEqual([1, 2]);
  expect(sizes([append(10), append(5_000), append(10)], 1_000)).toEqual([1, 1, 1]);
});

test('no message is lost or reordered', () => {
  const messages = Array.from({ length: 50 }, (_, at) => append(at * 37));
  expect([...messageBatches(messages, 2_000)].flat()).toEqual(messages);
});
