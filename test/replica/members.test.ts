import { expect, test } from 'vitest';
import { readMembers } from '../../src/machine/root-members.ts';
import { decodeConfiguration } from '../../src/raft/configuration-codec.ts';
import {
  type ConfigurationChange,
  type MemberChange,
  NO_CONFIGURATION,
} from '../../src/raft/configuration.ts';
import type { Reply } from '../../src/replica/output.ts';
import { put, started, type TestCluster, type TestNode } from './cluster.ts';

const four = { id: 4, address: 'node-4', incarnation: 'i4' };

function change(
  cluster: TestCluster,
  changes: readonly MemberChange[],
  transition: ConfigurationChange['transition'] = 'auto',
): () => readonly Reply[] {
  return cluster.ask(cluster.leader, (caller) => ({
    kind: 'change-members',
    caller,
    change: { changes, transition },
  }));
}

const idOf = ({ replica }: TestNode): number => replica.status().id;
const others = (cluster: TestCluster): readonly TestNode[] =>
  [...cluster.nodes.values()].filter((node) => node !== cluster.leader);
const result = (voters: readonly number[], learners: readonly number[] = []): object => ({
  kind: 'result',
  result: { voters, outgoing: [], learners },
});

test('the first leader writes the members into the log, and every node has them as a record', () => {
  const cluster = started();
  cluster.tick(5);
  for (const { replica } of cluster.nodes.values()) {
    const { voters, members } = decodeConfiguration(readMembers(replica.records)!);
    expect([voters, members.get(2)?.address]).toEqual([[1, 2, 3], 'node-2']);
    expect(replica.status().members).toMatchObject([
      { id: 1, address: 'node-1', role: 'voter' },
      { id: 2, role: 'voter' },
      { id: 3, role: 'voter' },
    ]);
  }
});

test('a node joins as a learner, gets the state, is promoted, and the answers come when that is done', () => {
  const cluster = started();
  const id = cluster.open();
  for (let sequence = 1; sequence <= 100; sequence++) {
    cluster.command('kv', put(`key-${sequence}`), { id, sequence, ackedBelow: sequence });
  }
  const node = cluster.join(4);
  const added = change(cluster, [{ kind: 'add-learner', member: four }]);
  expect(added()).toMatchObject([result([1, 2, 3], [4])]);
  cluster.tick(20);
  expect(node.talksTo).toEqual([1, 2, 3, 4]);
  const { leader } = cluster;
  expect([...node.replica.records.range('', undefined)]).toEqual([
    ...leader.replica.records.range('', undefined),
  ]);
  expect(leader.replica.status().members.at(3)).toMatchObject({
    id: 4,
    address: 'node-4',
    incarnation: 'i4',
    role: 'learner',
    matchIndex: leader.replica.status().lastIndex,
    state: 'replicate',
    recentlyActive: true,
  });
  expect(change(cluster, [{ kind: 'promote', id: 4 }])()).toMatchObject([result([1, 2, 3, 4])]);
});

test('a change through a joint phase is answered when the phase is over', () => {
  const cluster = started();
  cluster.join(4);
  change(cluster, [{ kind: 'add-learner', member: four }]);
  cluster.tick(10);
  const dead = idOf(others(cluster)[0]!);
  cluster.cut.add(dead);
  const kept = [1, 2, 3, 4].filter((id) => id !== dead);
  const replaced = change(cluster, [
    { kind: 'promote', id: 4 },
    { kind: 'remove', id: dead },
  ]);
  expect(replaced()).toMatchObject([result(kept)]);
  expect(cluster.leader.talksTo).toEqual(kept);
});

test('what is refused is answered at once, with the reason', () => {
  const cluster = started();
  expect(change(cluster, [{ kind: 'remove', id: 9 }])()).toMatchObject([
    { kind: 'error', code: 'MEMBER_UNKNOWN' },
  ]);
  const [follower] = others(cluster);
  const asked = cluster.ask(follower!, (caller) => ({
    kind: 'change-members',
    caller,
    change: { changes: [{ kind: 'remove', id: 1 }], transition: 'auto' },
  }));
  expect(asked()).toMatchObject([{ code: 'NOT_LEADER', leader: idOf(cluster.leader) }]);
  const left = cluster.ask(cluster.leader, (caller) => ({ kind: 'leave-joint', caller }));
  expect(left()).toMatchObject([{ code: 'CHANGE_INVALID' }]);
});

test('a joint phase that is to be left by hand is answered when it begins, and again when it ends', () => {
  const cluster = started();
  const [follower] = others(cluster);
  const gone = idOf(follower!);
  const begun = change(cluster, [{ kind: 'demote', id: gone }], 'explicit');
  expect(begun()).toMatchObject([{ kind: 'result', result: { outgoing: [1, 2, 3] } }]);
  const left = cluster.ask(cluster.leader, (caller) => ({ kind: 'leave-joint', caller }));
  expect(left()).toMatchObject([
    result(
      [1, 2, 3].filter((id) => id !== gone),
      [gone],
    ),
  ]);
});

test('a change whose leader is cut off comes out as unknown', () => {
  const cluster = started();
  const old = cluster.leader;
  cluster.cut.add(idOf(old));
  const asked = change(cluster, [{ kind: 'remove', id: idOf(others(cluster)[0]!) }]);
  expect(asked()).toEqual([]);
  cluster.tick(60);
  expect(asked()).toMatchObject([{ kind: 'error', code: 'LEADERSHIP_LOST' }]);
  expect(old.replica.configuration.voters).toHaveLength(2);
  cluster.cut.clear();
  cluster.tick(20);
  expect(old.replica.configuration.voters).toEqual([1, 2, 3]);
});

test('a removed node is told so, and goes quiet; a removed leader once another one leads', () => {
  const cluster = started();
  const [follower] = others(cluster);
  change(cluster, [{ kind: 'remove', id: idOf(follower!) }]);
  cluster.tick(2);
  expect(follower!.removed).toBe(true);
  const { leader } = cluster;
  const answered = change(cluster, [{ kind: 'remove', id: idOf(leader) }]);
  expect(answered()).toMatchObject([{ kind: 'result' }]);
  cluster.tick(2);
  expect(leader.removed).toBe(true);
  expect(cluster.leader).not.toBe(leader);
  expect(cluster.leader.removed).toBe(false);
  const { term } = cluster.leader.replica.status();
  cluster.tick(100);
  expect(cluster.leader.replica.status().term).toBe(term);
  expect(cluster.leader.replica.configuration.members.size).toBe(1);
});

test('a leader is replaced: the answer comes from it, before it goes', () => {
  const cluster = started();
  cluster.join(4);
  change(cluster, [{ kind: 'add-learner', member: four }]);
  cluster.tick(10);
  const old = cluster.leader;
  const replaced = change(cluster, [
    { kind: 'promote', id: 4 },
    { kind: 'remove', id: idOf(old) },
  ]);
  expect(replaced()).toMatchObject([{ kind: 'result' }]);
  expect(cluster.leader).not.toBe(old);
});

test('a node that starts again has its members from its state and its log, whatever it was told', () => {
  const cluster = started();
  const node = cluster.join(4);
  change(cluster, [{ kind: 'add-learner', member: four }]);
  cluster.tick(10);
  change(cluster, [{ kind: 'promote', id: 4 }]);
  for (const stored of [false, true]) {
    // Once before the state was stored, so that the log says it, and once after.
    if (stored) cluster.tick(10);
    for (const each of [node, cluster.node(2)]) {
      each.restart(NO_CONFIGURATION);
      expect(each.replica.configuration.voters).toEqual([1, 2, 3, 4]);
      each.restart();
      expect(each.replica.configuration.voters).toEqual([1, 2, 3, 4]);
    }
  }
});
