import { expect, test } from 'vitest';
import { readVersion } from '../../src/machine/root-version.ts';
import { members, put, started, TestCluster, type TestNode } from './cluster.ts';

const learner = { kind: 'add-learner', member: { id: 4, address: 'node-4', incarnation: '' } } as const;

function addLearner(cluster: TestCluster): ReturnType<TestCluster['ask']> {
  return cluster.ask(cluster.leader, (caller) => ({
    kind: 'change-members',
    caller,
    change: { changes: [learner], transition: 'auto' },
  }));
}

const version = (node: TestNode): number => node.replica.status().clusterVersion;

/** One node of the present release, two of the one before. */
function mixed(): TestCluster {
  const cluster = new TestCluster([1, 2, 1]);
  cluster.tick(60);
  return cluster;
}

function upgrade(cluster: TestCluster, id: number): void {
  cluster.node(id).protocol = 2;
  cluster.node(id).restart();
  cluster.introduce(id);
  cluster.tick(60);
}

test('a cluster all of whose nodes understand a version works by it, and its records say so', () => {
  const cluster = started();
  cluster.join(4);
  cluster.tick(10);
  for (const id of members) {
    const node = cluster.node(id);
    expect(version(node)).toBe(2);
    expect(readVersion(node.replica.records)).toBe(2);
    expect(node.stored.records.get('root/version')).toBe(2);
  }
  expect(addLearner(cluster)().map(({ kind }) => kind)).toEqual(['result']);
});

test('what needs a version is refused until the last node understands it, and then taken', () => {
  const cluster = mixed();
  const session = cluster.open();
  for (const id of [1, 3]) {
    const [refusal] = addLearner(cluster)();
    expect(refusal).toMatchObject({ kind: 'error', code: 'VERSION_UNSUPPORTED' });
    expect(refusal).toHaveProperty('message', expect.stringContaining(`node 3 understands no more than 1`));
    expect(version(cluster.leader)).toBe(1);
    const reply = cluster.command('kv', put('k'), { id: session, sequence: id, ackedBelow: id });
    expect(reply.kind).toBe('result');
    upgrade(cluster, id);
  }
  for (const id of members) expect(version(cluster.node(id))).toBe(2);
  cluster.join(4);
  expect(addLearner(cluster)().map(({ kind }) => kind)).toEqual(['result']);
});

test('so is a new command of a machine', () => {
  const cluster = mixed();
  const session = cluster.open();
  let sequence = 0;
  const run = (body: string): unknown => {
    sequence++;
    const reply = cluster.command('growing', body, { id: session, sequence, ackedBelow: sequence });
    return reply.kind === 'result' ? reply.result : reply.code;
  };
  expect([run('old'), run('new')]).toEqual([null, 'VERSION_UNSUPPORTED']);
  for (const id of [1, 3]) upgrade(cluster, id);
  expect([run('old'), run('new')]).toEqual([null, null]);
});

test('a member that is gone and holds the version back can be removed, and then the others go over', () => {
  const cluster = mixed();
  const gone = [1, 3].find((id) => cluster.node(id) !== cluster.leader)!;
  cluster.cut.add(gone);
  for (const id of [1, 3]) if (id !== gone) upgrade(cluster, id);
  cluster.tick(60);
  expect(version(cluster.leader)).toBe(1);
  const change = { changes: [{ kind: 'remove', id: gone }], transition: 'auto' } as const;
  const asked = cluster.ask(cluster.leader, (caller) => ({ kind: 'change-members', caller, change }));
  cluster.tick(10);
  expect(asked().map(({ kind }) => kind)).toEqual(['result']);
  expect(version(cluster.leader)).toBe(2);
});

test('while the version is mixed, no node is asked for the hash of its state', () => {
  const cluster = mixed();
  const applied = cluster.leader.replica.status().appliedIndex;
  cluster.tick(100);
  expect(cluster.leader.replica.status().appliedIndex).toBe(applied);
});

test('a node of an older release applies nothing once the cluster went over, and says so', () => {
  const cluster = started();
  cluster.tick(10);
  const old = [...cluster.nodes.values()].find((node) => node !== cluster.leader)!;
  old.protocol = 1;
  old.restart();
  cluster.tick(5);
  expect(old.outdated).toBe(true);
  const { appliedIndex } = old.replica.status();
  cluster.open();
  cluster.tick(5);
  expect(old.replica.status()).toMatchObject({ appliedIndex, protocol: 1, clusterVersion: 2 });
});
