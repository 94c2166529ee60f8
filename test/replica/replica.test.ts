import { expect, test } from 'vitest';
import type { NodeId } from '../../src/base/flavor.ts';
import { SeededRandom } from '../../src/base/seeded-random.ts';
import { createKv } from '../../src/machine/kv/kv.ts';
import { createRoot } from '../../src/machine/root.ts';
import { bootstrapConfiguration } from '../../src/raft/configuration.ts';
import type { Entry, HardState, Position } from '../../src/raft/entry.ts';
import type { Message } from '../../src/raft/message.ts';
import type { LogWrite } from '../../src/raft/ready.ts';
import type { ReplicaConfig } from '../../src/replica/config.ts';
import type { Consistency, Input } from '../../src/replica/input.ts';
import type { Output, Reply, WatchOutput } from '../../src/replica/output.ts';
import { Replica } from '../../src/replica/replica.ts';
import { msgpackCodec } from '../../src/wire/msgpack-codec.ts';
import { sha256Digest } from '../../src/wire/sha256-digest.ts';

const members = [1, 2, 3];

function configOf(id: NodeId): ReplicaConfig {
  return {
    raft: {
      id,
      electionTicksMin: 10,
      electionTicksMax: 20,
      heartbeatTicks: 3,
      tickMs: 10,
      clockDriftMax: 0.1,
      appendEntriesMax: 100,
      appendBytesMax: 10_000,
      inflightAppendsMax: 8,
      uncommittedBytesMax: 100_000,
      committedBytesMax: 100_000,
      pendingReadsMax: 100,
      readTicksMax: 40,
      promoteLagEntriesMax: 10,
      diskStallTicks: 10,
    },
    pendingCommandsMax: 100,
    pendingQueriesMax: 100,
    watchesMax: 10,
    watchBytesPerTurnMax: 10_000,
    stateBytesMax: 1_000_000,
    stateWriteTicks: 3,
    stateWriteEntriesMax: 100,
    logEntriesMax: 50,
    logBytesMax: 1_000_000,
    logEntriesKept: 5,
    stateWriteChangesMax: 1000,
    stateWriteBytesMax: 1_000_000,
    snapshotChunkBytes: 200,
    snapshotWindowChunks: 4,
    snapshotBytesPerSecond: 1_000_000,
    snapshotBytesPerTurn: 1000,
    snapshotRetryTicks: 5,
  };
}

/** A node with a disk that is as fast as its processor, and the answers it gave. */
class TestNode {
  readonly replica: Replica;
  readonly replies: Reply[] = [];
  readonly watches: WatchOutput[] = [];
  #hardState: HardState = { term: 0, vote: undefined };
  #base: Position = { index: 0, term: 0 };
  #entries: Entry[] = [];
  #applied: Position = { index: 0, term: 0 };
  readonly #records = new Map<string, unknown>();
  readonly #staged = new Map<string, Uint8Array>();

  constructor(id: NodeId) {
    const restored = {
      hardState: this.#hardState,
      base: this.#base,
      entries: [],
      records: [],
      applied: this.#applied,
      configuration: bootstrapConfiguration(
        members.map((member) => ({ id: member, address: `node-${member}`, incarnation: '' })),
      ),
    };
    const root = createRoot([createKv()]);
    this.replica = new Replica({
      config: configOf(id),
      root,
      codec: msgpackCodec,
      digest: sha256Digest,
      random: new SeededRandom(id),
      restored,
    });
  }

  /** Takes turns until there is nothing to do; returns what is to be sent. */
  run(inputs: readonly Input[], nowMs: number): Message[] {
    const send: Message[] = [];
    let next = inputs;
    do {
      const output = this.replica.turn(next, { monotonicMs: nowMs, wallMs: nowMs });
      send.push(...output.send);
      this.replies.push(...output.replies);
      this.watches.push(...output.watches);
      next = this.#store(output);
    } while (next.length > 0 || this.replica.hasMore);
    return send;
  }

  #store(output: Output): Input[] {
    const done: Input[] = [];
    for (const { key, value } of output.state?.changes ?? []) {
      if (value === undefined) this.#records.delete(key);
      else this.#records.set(key, value);
    }
    if (output.state !== undefined) this.#applied = output.state.applied;
    for (const step of output.stage) {
      if (step.kind === 'discard') {
        this.#staged.clear();
        continue;
      }
      for (const { key, encoded } of step.changes) {
        if (encoded === undefined) this.#staged.delete(key);
        else this.#staged.set(key, encoded);
      }
      done.push({ kind: 'staged', id: step.id });
    }
    if (output.replaceState !== undefined) {
      this.#records.clear();
      for (const [key, encoded] of this.#staged) this.#records.set(key, msgpackCodec.decode(encoded));
      this.#staged.clear();
      this.#applied = output.replaceState.applied;
    }
    if (output.write !== undefined) {
      this.#writeLog(output.write);
      done.push({ kind: 'written', write: output.write.id });
    }
    if (output.syncState) done.push({ kind: 'state-synced', index: this.#applied.index });
    return done;
  }

  #writeLog(write: LogWrite): void {
    if (write.hardState !== undefined) this.#hardState = write.hardState;
    if (write.reset !== undefined) {
      this.#base = write.reset;
      this.#entries = [];
    }
    const { truncateFrom, compactTo } = write;
    if (truncateFrom !== undefined) this.#entries = this.#entries.filter(({ index }) => index < truncateFrom);
    this.#entries.push(...write.entries);
    if (compactTo !== undefined) {
      const last = this.#entries.find(({ index }) => index === compactTo)!;
      this.#base = { index: last.index, term: last.term };
      this.#entries = this.#entries.filter(({ index }) => index > compactTo);
    }
  }

  /** What the disk holds, to be compared with what the replica holds. */
  get stored(): { hardState: HardState; base: Position; entries: Entry[]; records: Map<string, unknown> } {
    return { hardState: this.#hardState, base: this.#base, entries: this.#entries, records: this.#records };
  }
}

class TestCluster {
  readonly nodes: ReadonlyMap<NodeId, TestNode> = new Map(members.map((id) => [id, new TestNode(id)]));
  readonly cut = new Set<NodeId>();
  #nowMs = 0;
  #caller = 0;

  node(id: NodeId): TestNode {
    return this.nodes.get(id)!;
  }

  get leader(): TestNode {
    return [...this.nodes.values()].find(({ replica }) => replica.status().serving)!;
  }

  give(node: TestNode, ...inputs: Input[]): void {
    let messages = node.run(inputs, this.#nowMs);
    while (messages.length > 0) messages = messages.flatMap((message) => this.#deliver(message));
  }

  #deliver(message: Message): Message[] {
    if (this.cut.has(message.from) || this.cut.has(message.to)) return [];
    return this.node(message.to).run([{ kind: 'message', message }], this.#nowMs);
  }

  tick(times: number): void {
    for (let n = 0; n < times; n++) {
      this.#nowMs += 10;
      for (const node of this.nodes.values()) this.give(node, { kind: 'tick' });
    }
  }

  command(
    machine: string,
    body: unknown,
    session?: { id: number; sequence: number; ackedBelow: number },
  ): Reply {
    const caller = ++this.#caller;
    const { leader } = this;
    this.give(leader, { kind: 'command', caller, command: { machine, session, body } });
    return leader.replies.find((reply) => reply.caller === caller)!;
  }

  /** Time passes, and no timer fires: every process is stopped. */
  stop(ms: number): void {
    this.#nowMs += ms;
  }

  query(node: TestNode, key: string, consistency: Consistency, maxStaleMs?: number): Reply | undefined {
    const caller = ++this.#caller;
    const body = { kind: 'get', key };
    this.give(node, { kind: 'query', caller, machine: 'kv', body, consistency, maxStaleMs });
    return node.replies.find((reply) => reply.caller === caller);
  }

  open(): number {
    const reply = this.command('sessions', { kind: 'open', ttlMs: 60_000 });
    if (reply.kind !== 'result') throw new Error(reply.message);
    return reply.index;
  }
}

function started(): TestCluster {
  const cluster = new TestCluster();
  cluster.tick(60);
  return cluster;
}

const put = (key: string): unknown => ({ kind: 'put', key, value: new Uint8Array([1, 2, 3]) });

test('a put is answered with its revision, is read back everywhere, and is seen by a watch', () => {
  const cluster = started();
  const watcher = cluster.node(2);
  const selection = { machine: 'kv', key: 'a', prefix: false };
  cluster.give(watcher, { kind: 'watch', watch: 1, selection, fromRevision: undefined });
  const id = cluster.open();
  expect(cluster.command('kv', put('a'), { id, sequence: 1, ackedBelow: 1 })).toMatchObject({
    kind: 'result',
    revision: 1,
  });
  cluster.tick(5);
  expect(cluster.query(cluster.leader, 'a', 'linearizable')).toMatchObject({ kind: 'result', revision: 1 });
  for (const node of cluster.nodes.values()) {
    expect(cluster.query(node, 'a', 'stale')).toMatchObject({ kind: 'result', revision: 1 });
  }
  expect(watcher.watches).toMatchObject([
    { kind: 'started', fromRevision: 1 },
    { kind: 'events', revision: 1, events: [{ kind: 'put', key: 'a' }] },
  ]);
});

test('a retry gets the first answer, and changes nothing', () => {
  const cluster = started();
  const stamp = { id: cluster.open(), sequence: 1, ackedBelow: 1 };
  const first = cluster.command('kv', put('a'), stamp);
  const second = cluster.command('kv', put('a'), stamp);
  expect(second).toEqual({ ...first, caller: second.caller });
});

test('a leader that is cut off answers no linearizable read, and its commands come out as unknown', () => {
  const cluster = started();
  const old = cluster.leader;
  const id = cluster.open();
  cluster.cut.add(old.replica.status().id);
  expect(cluster.query(old, 'a', 'linearizable')).toBeUndefined();
  const command = { machine: 'kv', session: { id, sequence: 1, ackedBelow: 1 }, body: put('a') };
  cluster.give(old, { kind: 'command', caller: 1_000, command });
  cluster.tick(60);
  expect(old.replies).toContainEqual(expect.objectContaining({ caller: 1_000, code: 'LEADERSHIP_LOST' }));
  expect(old.replies.at(-1)).toMatchObject({ kind: 'error' });
  expect(cluster.leader).not.toBe(old);
  expect(cluster.query(cluster.leader, 'a', 'linearizable')).toMatchObject({ kind: 'result', revision: 0 });
});

test('a follower whose entries are compacted away gets the state, chunk by chunk', () => {
  const cluster = started();
  const behind = [...cluster.nodes.values()].find((node) => node !== cluster.leader)!;
  cluster.cut.add(behind.replica.status().id);
  const id = cluster.open();
  for (let sequence = 1; sequence <= 200; sequence++) {
    cluster.command('kv', put(`key-${sequence}`), { id, sequence, ackedBelow: sequence });
  }
  expect(cluster.leader.replica.status().firstIndex).toBeGreaterThan(100);
  cluster.cut.clear();
  cluster.tick(60);
  const { leader } = cluster;
  expect(behind.replica.status().appliedIndex).toBe(leader.replica.status().appliedIndex);
  expect([...behind.replica.records.range('', undefined)]).toEqual([
    ...leader.replica.records.range('', undefined),
  ]);
  expect(new Map(behind.replica.records.range('', undefined))).toEqual(behind.stored.records);
});

test('the disk holds what the replica holds', () => {
  const cluster = started();
  const id = cluster.open();
  for (let sequence = 1; sequence <= 120; sequence++) {
    cluster.command('kv', put(`key-${sequence % 7}`), { id, sequence, ackedBelow: sequence });
  }
  cluster.tick(5);
  for (const { replica, stored } of cluster.nodes.values()) {
    const { base, entries, term, vote } = replica.inspect();
    expect(stored).toEqual({
      hardState: { term, vote },
      base,
      entries,
      records: new Map(replica.records.range('', undefined)),
    });
  }
});

test('a session expires by log time alone, without any traffic', () => {
  const cluster = started();
  cluster.command('sessions', { kind: 'open', ttlMs: 1_000 });
  expect(cluster.leader.replica.status().sessions).toBe(1);
  cluster.tick(110);
  expect(cluster.leader.replica.status().sessions).toBe(0);
});

test('every node answers linearizable and lease reads, up to date; commands only the leader', () => {
  const cluster = started();
  const id = cluster.open();
  cluster.command('kv', put('k1'), { id, sequence: 1, ackedBelow: 1 });
  for (const node of cluster.nodes.values()) {
    for (const consistency of ['linearizable', 'lease'] as const) {
      expect(cluster.query(node, 'k1', consistency)).toMatchObject({
        kind: 'result',
        revision: 1,
        staleMs: 0,
      });
    }
  }
});

test('a leader that was stopped for longer than its lease asks the others before it answers', () => {
  const cluster = started();
  const { leader } = cluster;
  cluster.tick(3);
  for (const id of members) if (cluster.node(id) !== leader) cluster.cut.add(id);
  expect(cluster.query(leader, 'a', 'lease')).toMatchObject({ kind: 'result' });
  cluster.stop(95);
  expect(cluster.query(leader, 'a', 'lease')).toBeUndefined();
  cluster.cut.clear();
  cluster.tick(3);
  expect(leader.replies.at(-1)).toMatchObject({ kind: 'result' });
  expect(cluster.query(leader, 'a', 'lease')).toMatchObject({ kind: 'result' });
});

test('a follower that is cut off gives its linearizable reads up, and says so', () => {
  const cluster = started();
  const away = members.find((id) => cluster.node(id) !== cluster.leader)!;
  cluster.cut.add(away);
  const node = cluster.node(away);
  expect(cluster.query(node, 'a', 'linearizable')).toBeUndefined();
  cluster.tick(41);
  expect(node.replies.at(-1)).toMatchObject({ kind: 'error', code: 'NO_LEADER' });
});

test('a stale read within a bound is answered at once while the state is known to be young enough', () => {
  const cluster = started();
  const id = cluster.open();
  const away = members.find((each) => cluster.node(each) !== cluster.leader)!;
  const node = cluster.node(away);
  expect(cluster.query(node, 'k1', 'stale')).toMatchObject({ kind: 'result', staleMs: undefined });
  expect(cluster.query(node, 'k1', 'stale', 50)).toMatchObject({ kind: 'result', staleMs: 0 });
  cluster.cut.add(away);
  cluster.command('kv', put('k1'), { id, sequence: 1, ackedBelow: 1 });
  cluster.stop(40);
  // 40 ms by its own clock may be 45 by another.
  expect(cluster.query(node, 'k1', 'stale', 50)).toMatchObject({ kind: 'result', revision: 0, staleMs: 45 });
  cluster.stop(8);
  expect(cluster.query(node, 'k1', 'stale', 50)).toBeUndefined();
  expect(cluster.query(node, 'k1', 'stale', 60)).toMatchObject({ kind: 'result', revision: 0, staleMs: 54 });
  cluster.cut.clear();
  cluster.tick(8);
  expect(cluster.query(node, 'k1', 'stale', 0)).toMatchObject({ kind: 'result', revision: 1, staleMs: 0 });
});
