import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { NodeId } from '../../src/base/flavor.ts';
import { RecordTree } from '../../src/machine/record-tree.ts';
import type { RecordEntry } from '../../src/machine/records.ts';
import type { SnapshotRequest, SnapshotResponse } from '../../src/raft/message.ts';
import type { StageStep } from '../../src/replica/output.ts';
import { decodeAnswer, decodeChunk, encodeChunk } from '../../src/replica/snapshot-chunk.ts';
import { type Received, SnapshotReceiver } from '../../src/replica/snapshot-receiver.ts';
import { SnapshotSender } from '../../src/replica/snapshot-sender.ts';
import { msgpackCodec } from '../../src/wire/msgpack-codec.ts';
import { sha256Digest } from '../../src/wire/sha256-digest.ts';
import { PACKING } from '../contract/stored-records.ts';

const parts = { codec: msgpackCodec, digest: sha256Digest };

interface SenderSettings {
  readonly from?: NodeId;
  readonly term?: number;
  readonly stream?: number;
  readonly index?: number;
  readonly chunkBytes?: number;
  readonly windowChunks?: number;
}

function sender(records: Iterable<RecordEntry<unknown>>, settings: SenderSettings = {}): SnapshotSender {
  const { from = 1, term = 3, stream = 1, index = 7, chunkBytes = 40, windowChunks = 4 } = settings;
  return new SnapshotSender({
    ...parts,
    from,
    to: 2,
    term,
    stream,
    position: { index, term: 2 },
    view: new RecordTree(records).view(),
    chunkBytes,
    windowChunks,
    retryTicks: 3,
  });
}

/** A follower with a disk that is as fast as its processor. */
class Follower {
  readonly staged = new Map<string, unknown>();
  readonly #receiver: SnapshotReceiver;
  complete: Received['complete'];

  constructor(bytesMax = 1_000_000) {
    this.#receiver = new SnapshotReceiver({ ...parts, packing: PACKING, bytesMax });
  }

  get progress(): SnapshotReceiver['progress'] {
    return this.#receiver.progress;
  }

  take(request: SnapshotRequest): SnapshotResponse[] {
    const { response, steps, complete } = this.#receiver.receive(request);
    this.complete = complete ?? this.complete;
    const responses = response === undefined ? [] : [response];
    for (const step of steps) {
      this.#store(step);
      const stored = step.kind === 'write' ? this.#receiver.stored(step.id) : undefined;
      if (stored !== undefined) responses.push(stored);
    }
    return responses;
  }

  #store(step: StageStep): void {
    if (step.kind === 'discard') return this.staged.clear();
    for (const { key, encoded } of step.changes) {
      if (encoded === undefined) this.staged.delete(key);
      else this.staged.set(key, msgpackCodec.decode(encoded));
    }
  }
}

/** Lets everything arrive, until nothing is left to say; gives the chunks that were sent. */
function stream(from: SnapshotSender, to: Follower, chunksMax = Infinity): SnapshotRequest[] {
  const sent: SnapshotRequest[] = [];
  for (let next = from.next(); next !== undefined && sent.length < chunksMax; next = from.next()) {
    sent.push(next.message);
    for (const response of to.take(next.message)) from.answered(response);
  }
  return sent;
}

function expectWhole(to: Follower, records: readonly RecordEntry<unknown>[]): void {
  expect(to.complete && [...to.complete.tree.range('', undefined)]).toEqual(records);
  expect([...to.staged].sort(([a], [b]) => (a < b ? -1 : 1))).toEqual(records);
}

function loaded(requests: readonly SnapshotRequest[]): number {
  return requests.filter(({ data }) => {
    const chunk = decodeChunk(msgpackCodec, data);
    return chunk?.kind === 'range' && chunk.data !== undefined;
  }).length;
}

function numbered(count: number, value: (at: number) => unknown = (at) => at): RecordEntry<unknown>[] {
  return Array.from({ length: count }, (_, at) => [`m/${String(at).padStart(4, '0')}`, value(at)]);
}

const recordsOf = fc
  .uniqueArray(fc.string({ unit: 'binary-ascii', minLength: 1, maxLength: 4 }), { maxLength: 60 })
  .chain((keys) => fc.tuple(fc.constant(keys.sort()), fc.array(fc.nat(3), { minLength: 60, maxLength: 60 })))
  .map(([keys, values]) => keys.map((key, at) => [`m/${key}`, values[at]] as RecordEntry<unknown>));

test('a state arrives whole, whatever is lost, repeated or late on the way, and from whichever leaders', () => {
  fc.assert(
    fc.property(
      fc.array(recordsOf, { minLength: 1, maxLength: 4 }),
      fc.infiniteStream(fc.integer({ min: 0, max: 11 })),
      fc.constantFrom(10, 40, 200),
      (states, luck, chunkBytes) => {
        const to = new Follower();
        let turn = 0;
        const requests: SnapshotRequest[] = [];
        const responses: SnapshotResponse[] = [];
        const begin = (): SnapshotSender =>
          sender(states[turn % states.length]!, {
            from: (turn % 2) * 2 + 1,
            term: 3 + turn,
            index: 7 + turn++,
            chunkBytes,
          });
        let from = begin();
        let sinceBegin = 0;
        for (const roll of luck) {
          const next = from.next();
          if (next !== undefined) requests.push(next.message);
          if (roll === 0) from.tick();
          if (from.failed || (roll === 1 && turn < states.length && sinceBegin > 10)) {
            from = begin();
            sinceBegin = 0;
          }
          sinceBegin++;
          const request = roll < 4 ? requests[roll] : requests.shift();
          // Raft lets no message of an older term through.
          if (request?.term === 2 + turn) responses.push(...to.take(request));
          if (to.complete !== undefined) break;
          const response = roll < 6 ? responses[0] : responses.pop();
          if (response?.term === 2 + turn) from.answered(response);
          if (next === undefined && roll > 8) for (let tick = 0; tick < 3; tick++) from.tick();
        }
        expectWhole(to, states[(to.complete!.position.index - 7) % states.length]!);
      },
    ),
  );
});

test('an empty state is an offer and one last chunk', () => {
  const to = new Follower();
  expect(stream(sender([]), to).map(({ chunk, last }) => [chunk, last])).toEqual([
    [0, false],
    [1, true],
  ]);
  expectWhole(to, []);
});

test('several chunks are on their way at once, and no more than the window allows', () => {
  const from = sender(numbered(100), { windowChunks: 4 });
  const offer = from.next()!;
  expect(from.next()).toBeUndefined();
  const [taken] = new Follower().take(offer.message);
  from.answered(taken!);
  const sent = [1, 2, 3, 4].map(() => from.next()!.message.chunk);
  expect([sent, from.next()]).toEqual([[1, 2, 3, 4], undefined]);
});

test('a chunk is answered once it is stored, so that a slow disk holds the leader back', () => {
  const receiver = new SnapshotReceiver({ ...parts, packing: PACKING, bytesMax: 1e6 });
  const from = sender(numbered(100), { windowChunks: 3 });
  from.answered(receiver.receive(from.next()!.message).response!);
  const sent = [1, 2, 3].map(() => receiver.receive(from.next()!.message));
  expect([sent.map(({ response }) => response), from.next()]).toEqual([
    [undefined, undefined, undefined],
    undefined,
  ]);
  from.answered(receiver.stored(2)!);
  expect([from.next()?.message.chunk, from.next()?.message.chunk]).toEqual([4, 5]);
});

test('a lost chunk is asked for again, and sent again at once with all behind it', () => {
  const to = new Follower();
  const records = numbered(60);
  const from = sender(records);
  from.answered(to.take(from.next()!.message)[0]!);
  from.next();
  for (const response of to.take(from.next()!.message)) from.answered(response);
  expect(
    stream(from, to)
      .map(({ chunk }) => chunk)
      .slice(0, 3),
  ).toEqual([1, 2, 3]);
  expectWhole(to, records);
});

test('a link that comes back finds the stream where it was', () => {
  const to = new Follower();
  const records = numbered(100);
  const from = sender(records);
  expect(stream(from, to, 6)).toHaveLength(6);
  const lost = [];
  for (let tick = 0; tick < 30; tick++) {
    from.tick();
    for (let next = from.next(); next !== undefined; next = from.next()) lost.push(next.message.chunk);
  }
  expect(new Set(lost.slice(4))).toEqual(new Set([lost[4]]));
  for (let tick = 0; tick < 3; tick++) from.tick();
  const rest = stream(from, to);
  expect(rest[0]!.chunk).toBe(lost[4]);
  expect(rest.length).toBeLessThan(from.progress.total.records / 2);
  expectWhole(to, records);
});

test('without an answer the sender gives up after a while', () => {
  const from = sender(numbered(3));
  for (let tick = 0; tick < 100; tick++) {
    from.next();
    from.tick();
  }
  expect([from.failed, from.next()]).toEqual([true, undefined]);
});

test('a new leader goes on with what the follower holds, and sends only what has changed', () => {
  const to = new Follower();
  const before = numbered(200);
  expect(stream(sender(before), to, 20)).toHaveLength(20);
  const after = before.map(([key, value]): RecordEntry<unknown> => [
    key,
    key === 'm/0010' ? 'changed' : value,
  ]);
  const all = loaded(stream(sender(after), new Follower()));
  const sent = stream(sender(after, { from: 3, term: 4, index: 9 }), to);
  expect([all - loaded(sent), to.complete?.position]).toEqual([18, { index: 9, term: 2 }]);
  expectWhole(to, after);
});

test('what was deleted or added since is no longer, or also, in what the follower holds', () => {
  const to = new Follower();
  stream(sender(numbered(200)), to, 30);
  const after = numbered(200)
    .filter((_, at) => at < 20 || at > 40)
    .concat([
      ['m/0050+', 'new'],
      ['n/1', 1],
    ])
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const all = loaded(stream(sender(after), new Follower()));
  const sent = stream(sender(after, { from: 3, term: 4 }), to);
  expect(loaded(sent)).toBeLessThan(all - 10);
  expectWhole(to, after);
});

test('a follower holds far more ranges than it tells at once', () => {
  const to = new Follower();
  const records = numbered(2000);
  stream(sender(records), to, 200);
  const sent = stream(sender(records, { stream: 2 }), to);
  const all = loaded(stream(sender(records), new Follower()));
  expect(all - loaded(sent)).toBe(199);
  expectWhole(to, records);
});

test('a damaged chunk is refused, and what arrives in its place is taken', () => {
  const to = new Follower();
  const records = numbered(30);
  const from = sender(records);
  from.answered(to.take(from.next()!.message)[0]!);
  const { message } = from.next()!;
  const chunk = decodeChunk(msgpackCodec, message.data)!;
  if (chunk.kind !== 'range' || chunk.data === undefined) throw new TypeError('it bears records');
  const damaged = chunk.data.map((byte, at) => (at === 12 ? byte ^ 1 : byte));
  const [refusal] = to.take({ ...message, data: encodeChunk(msgpackCodec, { ...chunk, data: damaged }) });
  expect(decodeAnswer(msgpackCodec, refusal!.data)).toMatchObject({ verdict: 'again' });
  expect([refusal!.nextChunk, to.staged.size]).toEqual([1, 0]);
  from.answered(refusal!);
  expect(from.next()?.message).toEqual(message);
  to.take(message).forEach((response) => from.answered(response));
  stream(from, to);
  expectWhole(to, records);
});

test('a whole that is not what the leader has is not installed, and all of it is fetched again', () => {
  const to = new Follower();
  const records = numbered(30);
  const from = sender(records);
  const requests: SnapshotRequest[] = [];
  stream(from, new Follower()).forEach((message) => requests.push(message));
  const last = requests.pop()!;
  for (const message of requests) to.take(message);
  const chunk = decodeChunk(msgpackCodec, last.data)!;
  if (chunk.kind !== 'range') throw new TypeError('it is a range');
  const [refusal] = to.take({
    ...last,
    data: encodeChunk(msgpackCodec, { ...chunk, whole: new Uint8Array(16) }),
  });
  expect(decodeAnswer(msgpackCodec, refusal!.data)).toMatchObject({ verdict: 'unusable' });
  expect([to.complete, to.staged.size]).toEqual([undefined, 0]);
  const again = sender(records, { stream: 2 });
  expect(loaded(stream(again, to))).toBe(requests.length);
  expectWhole(to, records);
});

test('a state larger than the follower takes is refused before its first chunk', () => {
  const from = sender(numbered(100));
  const to = new Follower(100);
  expect(stream(from, to)).toHaveLength(1);
  expect([from.failed, to.staged.size]).toEqual([true, 0]);
});

test('a follower that lost what it had makes the sender give up', () => {
  const from = sender(numbered(100));
  stream(from, new Follower(), 5);
  stream(from, new Follower());
  expect(from.failed).toBe(true);
});

test('late chunks of an earlier stream change nothing', () => {
  const to = new Follower();
  const records = numbered(50);
  const early = stream(sender(numbered(50, () => 'old')), to, 5);
  const from = sender(records, { stream: 2, index: 8 });
  const first = stream(from, to, 3);
  expect(early.flatMap((request) => to.take(request))).toEqual([]);
  for (const request of first) to.take(request);
  stream(from, to);
  expectWhole(to, records);
});

test('a newer snapshot while one is under way takes its place', () => {
  const to = new Follower();
  stream(sender(numbered(50)), to, 5);
  const records = numbered(60, (at) => at + 1);
  stream(sender(records, { stream: 2, index: 11 }), to);
  expect(to.complete?.position).toEqual({ index: 11, term: 2 });
  expectWhole(to, records);
});

test('what is no chunk, or lies where none is expected, brings nothing in', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.uint8Array({ maxLength: 60 }),
        fc.anything({ maxDepth: 2, withBigInt: false, withDate: false }).map((value) => {
          try {
            return msgpackCodec.encode([2, 1, '', 'm/9', new Uint8Array(16), value, null]);
          } catch {
            return new Uint8Array();
          }
        }),
      ),
      (data) => {
        const to = new Follower();
        to.take(sender(numbered(30)).next()!.message);
        to.take({ ...sender([]).next()!.message, chunk: 1, data });
        expect([to.staged.size, to.complete]).toEqual([0, undefined]);
      },
    ),
  );
});

test('both ends tell how far it has come', () => {
  const to = new Follower();
  const from = sender(numbered(100));
  const sent = stream(from, to, 10);
  const { records } = to.progress!.done;
  expect(records).toBeGreaterThan(sent.length);
  expect(from.progress.done.records).toBeGreaterThanOrEqual(records);
  expect(to.progress!.total).toEqual(from.progress.total);
});
