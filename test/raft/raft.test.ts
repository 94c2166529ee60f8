import { expect, test } from 'vitest';
import { SeededRandom } from '../../src/base/seeded-random.ts';
import type { RaftConfig } from '../../src/raft/config.ts';
import { bootstrapConfiguration, type Configuration } from '../../src/raft/configuration.ts';
import type { Entry } from '../../src/raft/entry.ts';
import type { AppendRequest, Message } from '../../src/raft/message.ts';
import { Raft } from '../../src/raft/raft.ts';
import type { RestoredLog } from '../../src/raft/raft.ts';
import type { Ready } from '../../src/raft/ready.ts';
import { RAFT_CONFIG } from './cluster.ts';

const entry = (index: number, term: number): Entry => ({
  index,
  term,
  kind: 'command',
  data: new Uint8Array(4),
});
const EMPTY: RestoredLog = {
  hardState: { term: 0, vote: undefined },
  base: { index: 0, term: 0 },
  entries: [],
  appliedIndex: 0,
  configuration: bootstrapConfiguration([]),
  configurationIndex: 0,
};

const configurationOf = (size: number): Configuration =>
  bootstrapConfiguration(
    Array.from({ length: size }, (_, n) => ({ id: n + 1, address: '', incarnation: '' })),
  );

/** Node 1 of `size` members. */
function node(size = 3, restored: Partial<RestoredLog> = {}, config: Partial<RaftConfig> = {}): Raft {
  const configuration = configurationOf(size);
  return new Raft({ ...RAFT_CONFIG, ...config, id: 1 }, new SeededRandom(1), {
    ...EMPTY,
    configuration,
    ...restored,
  });
}

/** Ends turns, with every write on the disk at once, and gives all that came out. */
function settle(raft: Raft): Ready[] {
  const readies: Ready[] = [];
  while (raft.hasReady) {
    const ready = raft.ready();
    readies.push(ready);
    if (ready.write !== undefined) raft.written(ready.write.id);
  }
  return readies;
}
const sent = (raft: Raft): readonly Message[] => settle(raft).flatMap(({ send }) => send);
const kinds = (messages: readonly Message[]): readonly string[] =>
  messages.map(({ kind, to }) => `${kind}>${to}`);

/** Node 1 of three, elected in term 1 by node 2, its first entry committed. */
function leader(config: Partial<RaftConfig> = {}): Raft {
  const raft = node(3, {}, config);
  raft.campaign();
  raft.step({ kind: 'pre-vote-response', from: 2, to: 1, term: 1, granted: true });
  settle(raft);
  raft.step({ kind: 'vote-response', from: 2, to: 1, term: 1, granted: true });
  settle(raft);
  raft.step({ kind: 'append-accepted', from: 2, to: 1, term: 1, matchIndex: 1 });
  settle(raft);
  expect([raft.role, raft.commitIndex]).toEqual(['leader', 1]);
  return raft;
}

/** Entries of node 2, which leads `term`. */
const append = (
  term: number,
  previous: [number, number],
  entries: Entry[],
  commitIndex = 0,
): AppendRequest => ({
  kind: 'append-request',
  from: 2,
  to: 1,
  term,
  previous: { index: previous[0], term: previous[1] },
  entries,
  commitIndex,
});

/** Node 1 of five, a candidate in term 1 that has its own vote. */
function candidate(): Raft {
  const raft = node(5);
  raft.campaign();
  for (const from of [2, 3]) raft.step({ kind: 'pre-vote-response', from, to: 1, term: 1, granted: true });
  settle(raft);
  expect(raft.role).toBe('candidate');
  return raft;
}

test('a vote that comes twice counts once', () => {
  const raft = candidate();
  for (let n = 0; n < 3; n++) raft.step({ kind: 'vote-response', from: 2, to: 1, term: 1, granted: true });
  expect(raft.role).toBe('candidate');
  raft.step({ kind: 'vote-response', from: 3, to: 1, term: 1, granted: true });
  expect(raft.role).toBe('leader');
});

test('the first answer of a voter stands', () => {
  const raft = candidate();
  for (const from of [2, 3]) raft.step({ kind: 'vote-response', from, to: 1, term: 1, granted: false });
  for (const from of [2, 3]) raft.step({ kind: 'vote-response', from, to: 1, term: 1, granted: true });
  expect(raft.role).toBe('candidate');
});

test('a vote of an earlier term does not count', () => {
  const raft = candidate();
  for (let n = 0; n < 40 && raft.role === 'candidate'; n++) raft.tick();
  for (const from of [2, 3]) raft.step({ kind: 'pre-vote-response', from, to: 1, term: 2, granted: true });
  settle(raft);
  expect([raft.role, raft.term]).toEqual(['candidate', 2]);
  for (const from of [2, 3, 4]) raft.step({ kind: 'vote-response', from, to: 1, term: 1, granted: true });
  expect(raft.role).toBe('candidate');
});

test('a single node leads once its own vote is on the disk, not before', () => {
  const raft = node(1, { hardState: { term: 1, vote: 1 }, entries: [entry(1, 1)] });
  raft.installSnapshot({ index: 1, term: 1 }, configurationOf(1));
  const earlier = raft.ready().write?.id ?? 0;
  raft.campaign();
  const vote = raft.ready().write;
  expect(vote?.hardState).toEqual({ term: 2, vote: 1 });
  raft.written(earlier);
  expect(raft.role).toBe('candidate');
  raft.written(vote?.id ?? 0);
  expect(raft.role).toBe('leader');
});

test('a single node commits what is on its disk, and nothing earlier', () => {
  const raft = node(1);
  raft.campaign();
  settle(raft);
  expect(raft.propose([new Uint8Array(1)])).toEqual({ kind: 'accepted', firstIndex: 2, term: 1 });
  const ready = raft.ready();
  expect([raft.commitIndex, ready.committed]).toEqual([1, []]);
  raft.written(ready.write?.id ?? 0);
  expect(raft.ready().committed.map(({ index }) => index)).toEqual([2]);
});

test('an acknowledgement of an earlier term, or by one who is no member, commits nothing', () => {
  const raft = leader();
  raft.step({
    kind: 'heartbeat-response',
    from: 3,
    to: 1,
    term: 2,
    readRound: 0,
    sentMs: 0,
    clockMs: 0,
    promiseMs: 0,
  });
  expect([raft.role, raft.term]).toEqual(['follower', 2]);
  raft.campaign();
  raft.step({ kind: 'pre-vote-response', from: 2, to: 1, term: 3, granted: true });
  settle(raft);
  raft.step({ kind: 'vote-response', from: 2, to: 1, term: 3, granted: true });
  settle(raft);
  raft.step({ kind: 'append-accepted', from: 2, to: 1, term: 1, matchIndex: 2 });
  raft.step({ kind: 'append-accepted', from: 9, to: 1, term: 3, matchIndex: 2 });
  raft.step({ kind: 'append-accepted', from: 2, to: 3, term: 3, matchIndex: 2 });
  expect([raft.role, raft.commitIndex, raft.lastIndex]).toEqual(['leader', 1, 2]);
  raft.step({ kind: 'append-accepted', from: 2, to: 1, term: 3, matchIndex: 2 });
  expect(raft.commitIndex).toBe(2);
});

test('all proposals of a turn leave as one request per follower', () => {
  const raft = leader();
  raft.step({ kind: 'append-accepted', from: 3, to: 1, term: 1, matchIndex: 1 });
  settle(raft);
  raft.propose([new Uint8Array(1), new Uint8Array(2)]);
  raft.propose([new Uint8Array(3)]);
  const ready = raft.ready();
  expect(kinds(ready.send)).toEqual(['append-request>2', 'append-request>3']);
  expect(ready.write?.entries.map(({ index }) => index)).toEqual([2, 3, 4]);
});

test('a follower answers for what the request brought, not for its whole log', () => {
  const raft = node(3, {
    hardState: { term: 2, vote: undefined },
    entries: [entry(1, 1), entry(2, 1), entry(3, 2)],
  });
  raft.step(append(3, [0, 0], [entry(1, 1)], 3));
  const [answer] = sent(raft);
  expect(answer).toMatchObject({ kind: 'append-accepted', matchIndex: 1 });
  expect([raft.commitIndex, raft.lastIndex]).toEqual([1, 3]);
});

test('a late request cuts nothing off; a conflict cuts off itself and the rest', () => {
  const raft = node();
  raft.step(append(1, [0, 0], [entry(1, 1), entry(2, 1), entry(3, 1)]));
  raft.step(append(1, [0, 0], [entry(1, 1)]));
  expect(raft.lastIndex).toBe(3);
  raft.step(append(2, [1, 1], [entry(2, 2)]));
  expect(raft.inspect().entries.map(({ term }) => term)).toEqual([1, 2]);
});

test('a request that begins before what is committed here is answered for what follows', () => {
  const raft = node(3, { hardState: { term: 1, vote: 2 }, base: { index: 4, term: 1 }, appliedIndex: 4 });
  raft.step(append(1, [2, 1], [entry(3, 1), entry(4, 1), entry(5, 1)], 5));
  expect(sent(raft)).toMatchObject([{ kind: 'append-accepted', matchIndex: 5 }]);
  raft.step(append(1, [1, 1], [entry(2, 1)]));
  expect(sent(raft)).toMatchObject([{ kind: 'append-accepted', matchIndex: 5 }]);
  expect([raft.firstIndex, raft.lastIndex, raft.commitIndex]).toEqual([5, 5, 5]);
});

test('what is committed is never truncated, and a term has one leader: whoever says otherwise is refused', () => {
  const raft = node();
  raft.step(append(1, [0, 0], [entry(1, 1), entry(2, 1)], 1));
  settle(raft);
  const what = 'entry 1 is committed, and of term 1, not 2';
  expect(raft.step(append(2, [0, 0], [entry(1, 2)]))).toEqual({ what, isOwnLoss: false });
  expect(raft.inspect().entries.map(({ term }) => term)).toEqual([1, 1]);
  expect(raft.term).toBe(1);
  expect(raft.step({ ...append(1, [1, 1], []), from: 3 })).toMatchObject({ what: 'node 2 leads term 1' });
  expect(raft.leader).toBe(2);
});

test('a leader that knows more to be acknowledged here than there is is refused, and this node may be wrong', () => {
  const raft = node();
  raft.step(append(1, [0, 0], [entry(1, 1)], 1));
  settle(raft);
  const heartbeat = { kind: 'heartbeat-request', from: 2, to: 1, term: 1, readRound: 0, sentMs: 0 } as const;
  expect(raft.step({ ...heartbeat, commitIndex: 2 })).toEqual({
    what: 'this log was never acknowledged up to 2: it ends at 1',
    isOwnLoss: true,
  });
  expect(raft.commitIndex).toBe(1);
  expect(raft.step({ ...heartbeat, commitIndex: 1 })).toBeUndefined();
});

test('ABA: entries that replaced others are acknowledged and applied after their own write', () => {
  const raft = node();
  raft.step(append(1, [0, 0], [entry(1, 1), entry(2, 1)]));
  const first = raft.ready();
  raft.step({ ...append(2, [1, 1], [entry(2, 2)], 2), from: 3 });
  const second = raft.ready();
  expect(second.write).toMatchObject({ truncateFrom: 2, entries: [{ term: 2 }] });
  raft.written(first.write?.id ?? 0);
  const between = raft.ready();
  expect(between.send).toEqual([]);
  expect(between.committed.map(({ index }) => index)).toEqual([1]);
  raft.written(second.write?.id ?? 0);
  const after = raft.ready();
  expect(after.send).toMatchObject([{ kind: 'append-accepted', to: 3, term: 2, matchIndex: 2 }]);
  expect(after.committed).toMatchObject([{ index: 2, term: 2 }]);
});

test('committed entries are handed out once, no more bytes at a time than allowed', () => {
  const raft = node(3, {}, { committedBytesMax: 8 });
  raft.step(
    append(
      1,
      [0, 0],
      [1, 2, 3, 4, 5].map((index) => entry(index, 1)),
      5,
    ),
  );
  const handed = settle(raft).map(({ committed }) => committed.map(({ index }) => index));
  expect(handed.filter((indexes) => indexes.length > 0)).toEqual([[1, 2], [3, 4], [5]]);
});

test('a node waits at random between the two election timeouts, each time anew', () => {
  const raft = node();
  const waits = new Set<number>();
  for (let campaigns = 0; campaigns < 200; campaigns++) {
    let ticks = 0;
    do {
      raft.tick();
      ticks += 1;
    } while (raft.ready().send.length === 0);
    waits.add(ticks);
  }
  expect([...waits].sort((a, b) => a - b)).toEqual([10, 11, 12, 13, 14, 15, 16, 17, 18, 19]);
});

test('a pre-vote changes nothing at the one who is asked, and needs no write', () => {
  const raft = node(3, { hardState: { term: 3, vote: 2 } });
  raft.step({ kind: 'pre-vote-request', from: 3, to: 1, term: 4, last: { index: 0, term: 0 } });
  const ready = raft.ready();
  expect([ready.write, ready.send]).toMatchObject([
    undefined,
    [{ kind: 'pre-vote-response', term: 4, granted: true }],
  ]);
  expect([raft.term, raft.inspect().vote]).toEqual([3, 2]);
});

test('a leader hears no request for votes, of any later term; a late answer still deposes it', () => {
  const raft = leader();
  raft.step({ kind: 'vote-request', from: 3, to: 1, term: 9, last: { index: 9, term: 9 }, transfer: false });
  expect([raft.role, raft.term]).toEqual(['leader', 1]);
  raft.step({ kind: 'vote-response', from: 3, to: 1, term: 9, granted: false });
  expect([raft.role, raft.term]).toEqual(['follower', 9]);
});

test('a request of an earlier term is answered with the present one, whatever it asks', () => {
  const raft = node(3, { hardState: { term: 5, vote: undefined } });
  const last = { index: 0, term: 0 };
  raft.step({ kind: 'pre-vote-request', from: 2, to: 1, term: 3, last });
  raft.step({ kind: 'vote-request', from: 2, to: 1, term: 3, last, transfer: false });
  raft.step(append(3, [0, 0], []));
  raft.step({ kind: 'heartbeat-request', from: 2, to: 1, term: 3, commitIndex: 0, readRound: 4, sentMs: 0 });
  const data = new Uint8Array(0);
  raft.step({
    kind: 'snapshot-request',
    from: 2,
    to: 1,
    term: 3,
    snapshot: last,
    chunk: 0,
    last: true,
    data,
  });
  raft.step({ kind: 'append-accepted', from: 2, to: 1, term: 3, matchIndex: 0 });
  const answers = sent(raft);
  expect(answers.map(({ term }) => term)).toEqual([5, 5, 5, 5, 5]);
  expect(
    answers.filter((answer) => answer.kind === 'heartbeat-response').map(({ readRound }) => readRound),
  ).toEqual([0, 0, 0]);
});

test('a snapshot that the log has reached is answered, not handed out', () => {
  const raft = node(3, {
    hardState: { term: 1, vote: 2 },
    entries: [entry(1, 1), entry(2, 1)],
    appliedIndex: 2,
  });
  const data = new Uint8Array(0);
  const chunk = { kind: 'snapshot-request', from: 2, to: 1, term: 1, chunk: 0, last: true, data } as const;
  raft.step({ ...chunk, snapshot: { index: 2, term: 1 } });
  raft.step({ ...chunk, snapshot: { index: 3, term: 1 } });
  const ready = raft.ready();
  expect(ready.send).toMatchObject([{ kind: 'append-accepted', matchIndex: 2 }]);
  expect(ready.snapshotChunks).toMatchObject([{ snapshot: { index: 3 } }]);
});

test('a snapshot keeps what the log holds behind it, and is acknowledged after a write', () => {
  const raft = node(3, { hardState: { term: 1, vote: 2 }, entries: [entry(1, 1), entry(2, 1), entry(3, 1)] });
  raft.step(append(1, [0, 0], []));
  settle(raft);
  raft.installSnapshot({ index: 2, term: 1 }, configurationOf(3));
  const ready = raft.ready();
  expect([ready.write, ready.send, raft.lastIndex, raft.commitIndex]).toEqual([
    { id: 1, entries: [] },
    [],
    3,
    2,
  ]);
  raft.written(1);
  expect(raft.ready().send).toMatchObject([{ kind: 'append-accepted', to: 2, matchIndex: 2 }]);
});

test('a candidate that takes over a snapshot stands no more: its votes were for another log', () => {
  const raft = candidate();
  raft.installSnapshot({ index: 4, term: 1 }, configurationOf(3));
  for (const from of [2, 3]) raft.step({ kind: 'vote-response', from, to: 1, term: 1, granted: true });
  expect([raft.role, raft.lastIndex]).toEqual(['follower', 4]);
});

test('a node without its state asks for a snapshot, and takes none that ends before its log begins', () => {
  const raft = node(3, {
    hardState: { term: 1, vote: 2 },
    base: { index: 5, term: 1 },
    entries: [entry(6, 1)],
  });
  expect(raft.isStateLost).toBe(true);
  raft.step(append(1, [6, 1], [entry(7, 1)], 7));
  const data = new Uint8Array(0);
  const chunk = { kind: 'snapshot-request', from: 2, to: 1, term: 1, chunk: 0, last: true, data } as const;
  raft.step({ ...chunk, snapshot: { index: 4, term: 1 } });
  const ready = raft.ready();
  const refusal = { kind: 'append-rejected', needsSnapshot: true, hint: { index: 5 } };
  expect(ready.send).toMatchObject([refusal, refusal]);
  expect([ready.snapshotChunks, ready.committed, raft.lastIndex]).toEqual([[], [], 6]);
  for (let n = 0; n < 40; n++) raft.tick();
  expect(kinds(sent(raft))).toEqual([]);
  raft.step({ ...chunk, snapshot: { index: 5, term: 1 } });
  expect(raft.ready().snapshotChunks).toHaveLength(1);
  raft.installSnapshot({ index: 5, term: 1 }, configurationOf(3));
  expect([raft.isStateLost, raft.lastIndex]).toEqual([false, 6]);
});

test('the log is compacted no further than the state reaches and the disk holds', () => {
  const raft = node();
  raft.step(append(1, [0, 0], [entry(1, 1), entry(2, 1), entry(3, 1)], 2));
  settle(raft);
  expect(() => raft.compact(3)).toThrow('in the state');
  raft.compact(2);
  expect(raft.ready().write).toEqual({ id: 2, entries: [], compactTo: 2 });
  expect([raft.firstIndex, raft.logEntries, raft.logBytes]).toEqual([3, 1, 4]);
  raft.compact(1);
  expect(raft.hasReady).toBe(false);
});
