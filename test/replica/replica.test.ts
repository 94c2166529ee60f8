import type { Entry } from '../../src/raft/entry.ts';
import { expect, test } from 'vitest';
import { members, put, started } from './cluster.ts';

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

/** Lets a follower catch up by a snapshot while writes go on; gives the places of the snapshots, and how long the log was at most. */
function catchUpUnderLoad(writesPerTick: number): { places: Set<number>; entriesMax: number } {
  const cluster = started();
  const behind = [...cluster.nodes.values()].find((node) => node !== cluster.leader)!;
  cluster.cut.add(behind.replica.status().id);
  const id = cluster.open();
  let sequence = 0;
  const write = (): void => {
    sequence++;
    cluster.command('kv', put(`key-${sequence % 300}`), { id, sequence, ackedBelow: sequence });
  };
  for (let n = 0; n < 300; n++) write();
  cluster.cut.clear();
  const places = new Set<number>();
  let entriesMax = 0;
  const { leader } = cluster;
  for (let tick = 0; tick < 200 && behind.replica.status().appliedIndex < 300; tick++) {
    for (let n = 0; n < writesPerTick; n++) write();
    cluster.tick(1);
    const receiving = behind.replica.status().receiving;
    if (receiving === undefined) continue;
    places.add(receiving.position.index);
    const { members: known, firstIndex, lastIndex } = leader.replica.status();
    entriesMax = Math.max(entriesMax, lastIndex - firstIndex + 1);
    const told = known.find((member) => member.id === behind.replica.status().id)?.snapshot;
    expect(told?.position).toEqual(receiving.position);
    expect(told!.done.records).toBeGreaterThanOrEqual(receiving.done.records);
  }
  cluster.tick(60);
  expect(behind.replica.status().appliedIndex).toBe(leader.replica.status().appliedIndex);
  expect(behind.stored.records).toEqual(new Map(leader.replica.records.range('', undefined)));
  return { places, entriesMax };
}

test('a follower that takes a snapshot finds the entries behind it in the log', () => {
  const { places, entriesMax } = catchUpUnderLoad(20);
  expect(places.size).toBe(1);
  expect(entriesMax).toBeGreaterThanOrEqual(50);
});

test('the log does not grow for ever while a snapshot is on its way', () => {
  const { entriesMax } = catchUpUnderLoad(70);
  expect(entriesMax).toBeGreaterThan(100);
  expect(entriesMax).toBeLessThan(4 * 50 + 2 * 70);
});

const inHex = ({ data, ...place }: Entry): object => ({ ...place, data: Buffer.from(data).toString('hex') });

test('the disk holds what the replica holds', () => {
  const cluster = started();
  const id = cluster.open();
  for (let sequence = 1; sequence <= 120; sequence++) {
    cluster.command('kv', put(`key-${sequence % 7}`), { id, sequence, ackedBelow: sequence });
  }
  cluster.tick(5);
  for (const { replica, stored } of cluster.nodes.values()) {
    const { base, entries, term, vote } = replica.inspect();
    expect({ ...stored, entries: stored.entries.map(inHex) }).toEqual({
      hardState: { term, vote },
      base,
      entries: entries.map(inHex),
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

test('what a lease has confirmed says nothing to reads that do not trust it', () => {
  const cluster = started();
  const node = members.map((id) => cluster.node(id)).find((each) => each !== cluster.leader)!;
  expect(cluster.query(node, 'a', 'lease')).toMatchObject({ kind: 'result', staleMs: 0 });
  expect(cluster.query(node, 'a', 'stale')).toMatchObject({ kind: 'result', staleMs: undefined });
  expect(cluster.query(node, 'a', 'linearizable')).toMatchObject({ kind: 'result', staleMs: 0 });
  expect(cluster.query(node, 'a', 'stale')).toMatchObject({ kind: 'result', staleMs: 0 });
});
