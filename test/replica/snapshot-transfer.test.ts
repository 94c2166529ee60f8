import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { RecordEntry } from '../../src/machine/records.ts';
import type { SnapshotRequest, SnapshotResponse } from '../../src/raft/message.ts';
import { SnapshotReceiver } from '../../src/replica/snapshot-receiver.ts';
import { SnapshotSender } from '../../src/replica/snapshot-sender.ts';
import { msgpackCodec } from '../../src/wire/msgpack-codec.ts';

function sender(records: readonly RecordEntry<unknown>[], index = 7, chunkBytes = 40): SnapshotSender {
  const position = { index, term: 2 };
  return new SnapshotSender({
    from: 1,
    to: 2,
    term: 3,
    position,
    records,
    codec: msgpackCodec,
    chunkBytes,
    retryTicks: 3,
  });
}

function answer(nextChunk: number): SnapshotResponse {
  const snapshot = { index: 7, term: 2 };
  return { kind: 'snapshot-response', from: 2, to: 1, term: 3, snapshot, nextChunk };
}

const recordsOf = fc
  .uniqueArray(fc.string({ unit: 'binary-ascii', minLength: 1 }), { maxLength: 30 })
  .map((keys) => keys.sort().map((key, at) => [`m/${key}`, { at }] as RecordEntry<unknown>));

test('a state arrives whole, whatever is lost, repeated or late on the way', () => {
  fc.assert(
    fc.property(recordsOf, fc.infiniteStream(fc.integer({ min: 0, max: 9 })), (records, luck) => {
      const from = sender(records);
      const to = new SnapshotReceiver(msgpackCodec);
      const requests: SnapshotRequest[] = [from.chunk];
      const responses: SnapshotResponse[] = [];
      for (const roll of luck) {
        const request = requests[Math.min(roll, requests.length - 1)];
        const { response, complete } = to.receive(request!);
        if (complete !== undefined) {
          expect([...complete.tree.range('', undefined)]).toEqual(records);
          expect(complete.position).toEqual({ index: 7, term: 2 });
          return;
        }
        responses.push(response);
        if (roll < 3) continue;
        if (from.answered(responses.at(roll < 6 ? 0 : -1)!)) requests.push(from.chunk);
        if (from.failed) return;
      }
    }),
  );
});

test('an empty state is one last chunk', () => {
  expect(sender([]).chunk).toMatchObject({ chunk: 0, last: true });
});

test('a chunk without an answer is repeated, and given up after a while', () => {
  const from = sender([['m/a', 1]]);
  expect([from.tick(), from.tick(), from.tick(), from.tick()]).toEqual([false, false, true, false]);
  for (let tick = 0; tick < 100; tick++) from.tick();
  expect(from.failed).toBe(true);
});

test('a chunk of another snapshot starts anew', () => {
  const records: RecordEntry<unknown>[] = [
    ['m/a', 'x'.repeat(50)],
    ['m/b', 'x'.repeat(50)],
  ];
  const to = new SnapshotReceiver(msgpackCodec);
  expect(to.receive(sender(records, 7).chunk).response.nextChunk).toBe(1);
  const other = sender(records, 9);
  expect(to.receive(other.chunk).response).toMatchObject({ snapshot: { index: 9, term: 2 }, nextChunk: 1 });
  const late = { ...other.chunk, snapshot: { index: 11, term: 2 }, chunk: 1 };
  expect(to.receive(late).response.nextChunk).toBe(0);
});

test('a follower that lost what it had makes the sender give up', () => {
  const records: RecordEntry<unknown>[] = [
    ['m/a', 'x'.repeat(50)],
    ['m/b', 'x'.repeat(50)],
    ['m/c', 'x'.repeat(50)],
  ];
  const from = sender(records);
  expect(from.answered(answer(1))).toBe(true);
  expect(from.answered(answer(1))).toBe(false);
  expect(from.answered(answer(0))).toBe(false);
  expect(from.failed).toBe(true);
});
