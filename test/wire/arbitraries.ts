/** Every frame that can be, for property tests. */
import fc, { type Arbitrary } from 'fast-check';
import { ERROR_FACTS, type ErrorCode } from '../../src/base/errors.ts';
import { encodeConfiguration } from '../../src/raft/configuration-codec.ts';
import { bootstrapConfiguration } from '../../src/raft/configuration.ts';
import type { Entry } from '../../src/raft/entry.ts';
import type { Message } from '../../src/raft/message.ts';
import type { ClientFrame, ServerFrame } from '../../src/wire/client-frames.ts';
import type { PeerFrame } from '../../src/wire/peer-frames.ts';

const count: Arbitrary<number> = fc.nat({ max: 2 ** 31 - 1 }).map((value) => value * 2 ** 16);
const id = fc.integer({ min: 1, max: 64 });
const text = fc.string({ maxLength: 40, unit: 'grapheme' });
const key = fc.array(fc.nat({ max: 255 }), { maxLength: 40 }).map((codes) => String.fromCharCode(...codes));
const bytes = fc.uint8Array({ maxLength: 200 });
const maybe = <T>(value: Arbitrary<T>): Arbitrary<T | undefined> => fc.option(value, { nil: undefined });
const code = fc.constantFrom(...(Object.keys(ERROR_FACTS) as ErrorCode[]));

/** A body: no -0, which msgpack does not tell from 0. */
const plain: Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    fc.constant(null),
    fc.boolean(),
    fc.integer(),
    text,
    bytes,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), tie('value'), { maxKeys: 4, noNullPrototype: true }),
  ),
})).value;

export const clientFrame: Arbitrary<ClientFrame> = fc.oneof(
  fc.record({ kind: fc.constant('hello' as const), clusterId: maybe(text), client: text }),
  fc.record({
    kind: fc.constant('command' as const),
    request: count,
    machine: text,
    session: maybe(fc.record({ id: count, sequence: id, ackedBelow: count })),
    body: plain,
  }),
  fc.record({
    kind: fc.constant('query' as const),
    request: count,
    machine: text,
    body: plain,
    consistency: fc.constantFrom('linearizable' as const, 'lease' as const, 'stale' as const),
  }),
  fc.record({
    kind: fc.constant('query' as const),
    request: count,
    machine: text,
    body: plain,
    consistency: fc.constant('stale' as const),
    maxStaleMs: maybe(count),
  }),
  fc.record({
    kind: fc.constant('watch' as const),
    request: count,
    machine: text,
    key,
    prefix: fc.boolean(),
    fromRevision: maybe(count),
  }),
  fc.record({ kind: fc.constantFrom('unwatch' as const, 'status-request' as const), request: count }),
  fc.record({ kind: fc.constant('ping' as const) }),
  fc.record({ kind: fc.constant('member-list' as const), request: count }),
  fc.record({
    kind: fc.constant('member-change' as const),
    request: count,
    changes: fc.array(
      fc.oneof(
        fc.record({
          kind: fc.constantFrom('add-learner' as const, 'add-voter' as const),
          member: fc.record({ id, address: text, incarnation: text }),
        }),
        fc.record({ kind: fc.constantFrom('promote' as const, 'demote' as const, 'remove' as const), id }),
      ),
      { maxLength: 5 },
    ),
  }),
  fc.record({
    kind: fc.constant('join' as const),
    request: count,
    address: text,
    incarnation: text,
    replaces: maybe(id),
  }),
  fc.record({ kind: fc.constant('leader-transfer' as const), request: count, to: maybe(id) }),
);

const memberReports = fc.array(
  fc.record({
    id,
    address: text,
    incarnation: text,
    role: fc.constantFrom('voter' as const, 'learner' as const, 'incoming' as const, 'outgoing' as const),
    progress: maybe(
      fc.record({
        state: fc.constantFrom('probe' as const, 'replicate' as const, 'snapshot' as const),
        matchIndex: count,
        recentlyActive: fc.boolean(),
        entriesBehind: count,
        bytesBehind: count,
        snapshotPercent: maybe(fc.nat({ max: 100 })),
      }),
    ),
  }),
  { maxLength: 7 },
);

const status = fc.record({
  nodeId: id,
  clusterId: text,
  version: text,
  pid: count,
  role: fc.constantFrom('forming' as const, 'follower' as const, 'leader' as const, 'pre-candidate' as const),
  term: count,
  leader: maybe(id),
  commitIndex: count,
  appliedIndex: count,
  firstIndex: count,
  lastIndex: count,
  revision: count,
  compactedRevision: count,
  sessions: count,
  watches: count,
  connections: count,
  stateBytes: count,
  uptimeMs: count,
  protocol: count,
  clusterVersion: count,
  alarms: fc.array(fc.record({ code, message: text }), { maxLength: 3 }),
});

export const serverFrame: Arbitrary<ServerFrame> = fc.oneof(
  fc.record({
    kind: fc.constant('welcome' as const),
    clusterId: text,
    nodeId: id,
    members: fc.array(fc.record({ id, address: text }), { maxLength: 7 }),
    leader: maybe(id),
  }),
  fc.record({
    kind: fc.constant('result' as const),
    request: count,
    result: plain,
    revision: count,
    index: count,
    staleMs: maybe(count),
  }),
  fc.record({
    kind: fc.constant('error' as const),
    request: count,
    code,
    outcome: fc.constantFrom('applied' as const, 'not-applied' as const, 'unknown' as const),
    message: text,
    leader: maybe(id),
  }),
  fc.record({ kind: fc.constant('watch-started' as const), request: count, fromRevision: count }),
  fc.record({
    kind: fc.constant('watch-events' as const),
    requests: fc.array(count, { maxLength: 5 }),
    after: fc.nat(),
    revision: count,
    events: fc.array(fc.record({ revision: count, machine: text, kind: text, key, value: plain }), {
      maxLength: 5,
    }),
  }),
  fc.record({ kind: fc.constant('watch-ended' as const), request: count, code, message: text }),
  fc.record({ kind: fc.constant('status' as const), request: count, status }),
  fc.record({ kind: fc.constant('pong' as const) }),
  fc.record({
    kind: fc.constant('members' as const),
    request: count,
    nodeId: id,
    term: count,
    leader: maybe(id),
    settled: fc.boolean(),
    members: memberReports,
  }),
  fc.record({
    kind: fc.constant('placed' as const),
    request: count,
    clusterId: text,
    nodeId: id,
    members: memberReports,
  }),
  fc.record({
    kind: fc.constant('cluster' as const),
    members: fc.array(fc.record({ id, address: text }), { maxLength: 7 }),
    leader: maybe(id),
  }),
  fc.record({ kind: fc.constant('goodbye' as const), code, message: text }),
);

const envelope = { from: id, to: id, term: count };
const position = fc.record({ index: count, term: count });

const CONFIGURATION: Uint8Array = encodeConfiguration(
  bootstrapConfiguration([{ id: 1, address: 'host:1', incarnation: 'i' }]),
);

const appendRequest: Arbitrary<Message> = fc
  .record({
    previous: position,
    commitIndex: count,
    datas: fc.array(
      fc.record({
        step: fc.nat({ max: 3 }),
        kind: fc.constantFrom('noop' as const, 'command' as const, 'configuration' as const),
        data: bytes,
      }),
      { maxLength: 6 },
    ),
    from: id,
    to: id,
  })
  .map(({ previous, commitIndex, datas, from, to }) => {
    let term = Math.max(previous.term, 1);
    const entries: Entry[] = datas.map(({ step, kind, data }, at) => {
      term += step;
      const held = kind === 'configuration' ? CONFIGURATION : data;
      return { index: previous.index + 1 + at, term, kind, data: held };
    });
    return { kind: 'append-request', from, to, term, previous, commitIndex, entries };
  });

export const raftMessage: Arbitrary<Message> = fc.oneof(
  fc.record({
    kind: fc.constant('pre-vote-request' as const),
    ...envelope,
    last: position,
  }),
  fc.record({
    kind: fc.constant('vote-request' as const),
    ...envelope,
    last: position,
    transfer: fc.boolean(),
  }),
  fc.record({ kind: fc.constant('timeout-now' as const), ...envelope }),
  fc.record({ kind: fc.constant('state-hash' as const), ...envelope, index: count, hash: bytes }),
  fc.record({ kind: fc.constant('repair-request' as const), ...envelope, first: id, last: id }),
  fc.record({
    kind: fc.constant('repair-response' as const),
    ...envelope,
    entries: fc
      .array(fc.record({ step: id, term: id, data: bytes }), { maxLength: 4 })
      .map((found): Entry[] => {
        let index = 0;
        return found.map(({ step, term, data }) => ({ index: (index += step), term, kind: 'command', data }));
      }),
  }),
  fc.record({
    kind: fc.constantFrom('pre-vote-response' as const, 'vote-response' as const),
    ...envelope,
    granted: fc.boolean(),
  }),
  appendRequest,
  fc.record({ kind: fc.constant('append-accepted' as const), ...envelope, matchIndex: count }),
  fc.record({
    kind: fc.constant('append-rejected' as const),
    ...envelope,
    previousIndex: count,
    hint: position,
    needsSnapshot: fc.boolean(),
  }),
  fc.record({
    kind: fc.constant('heartbeat-request' as const),
    ...envelope,
    commitIndex: count,
    readRound: count,
    sentMs: count,
  }),
  fc.record({
    kind: fc.constant('heartbeat-response' as const),
    ...envelope,
    readRound: count,
    sentMs: count,
    clockMs: count,
    promiseMs: count,
  }),
  fc.record({
    kind: fc.constant('read-index-request' as const),
    ...envelope,
    id: count,
    lease: fc.boolean(),
  }),
  fc.record({
    kind: fc.constant('read-index-response' as const),
    ...envelope,
    id: count,
    index: fc.option(count, { nil: undefined }),
  }),
  fc.record({
    kind: fc.constant('snapshot-request' as const),
    ...envelope,
    snapshot: position,
    chunk: count,
    last: fc.boolean(),
    data: bytes,
  }),
  fc.record({
    kind: fc.constant('snapshot-response' as const),
    ...envelope,
    snapshot: position,
    nextChunk: count,
    data: bytes,
  }),
);

export const peerFrame: Arbitrary<PeerFrame> = fc.oneof(
  fc.record({
    kind: fc.constant('peer-hello' as const),
    clusterId: text,
    nodeId: id,
    to: id,
    incarnation: text,
    address: text,
    formed: fc.boolean(),
    knownIncarnation: maybe(text),
    protocolMin: fc.integer({ min: 1, max: 9 }),
    protocol: fc.integer({ min: 9, max: 20 }),
  }),
  fc.record({
    kind: fc.constant('peer-messages' as const),
    messages: fc.array(raftMessage, { maxLength: 6 }),
  }),
  fc.record({ kind: fc.constant('peer-goodbye' as const), code, message: text }),
);
