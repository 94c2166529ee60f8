/** The leader is lost under load, in every way that a process or a network can be lost. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { NodeId } from '../../src/base/flavor.ts';
import { Counter } from './counter.ts';
import { TestCluster } from './harness.ts';
import { Watcher } from './watcher.ts';
import { Workload } from './workload.ts';

const SOME = 300;

interface Fault {
  readonly strike: (cluster: TestCluster, leader: NodeId) => Promise<void> | void;
  readonly repair: (cluster: TestCluster, leader: NodeId) => Promise<void> | void;
}

async function surviving(size: 3 | 5, { strike, repair }: Fault): Promise<void> {
  await using cluster = await TestCluster.start(size);
  const { endpoints, local } = cluster;
  const workload = new Workload({ endpoints, historyPath: join(local.directory.path, 'history.jsonl') });
  const counter = new Counter(endpoints);
  const watcher = new Watcher(endpoints);
  await workload.progress(SOME);

  const leader = await cluster.leader();
  await strike(cluster, leader);
  const next = await cluster.leaderOtherThan(leader);
  await workload.progress(SOME);
  await repair(cluster, leader);
  const { term } = await cluster.statusWhere(next, 'follows', () => true);
  await cluster.statusWhere(
    leader,
    'is back',
    (status) => status.term >= term && status.leader !== undefined,
  );
  await workload.progress(SOME);

  await workload.check();
  await counter.check();
  await watcher.check();
  expect(local.living).toEqual(local.ids);
}

test('killed: what was acknowledged stays, and others go on', () =>
  surviving(3, {
    strike: ({ local }, leader) => local.kill(leader),
    repair: ({ local }, leader) => local.restart(leader),
  }));

test('paused: when it wakes up, it serves nothing that is out of date', () =>
  surviving(3, {
    strike: ({ local }, leader) => local.pause(leader),
    repair: ({ local }, leader) => local.resume(leader),
  }));

test('cut off alone: the clients move on, and it follows when it is back', () =>
  surviving(3, {
    strike: ({ local }, leader) => local.partition([[leader], local.ids.filter((id) => id !== leader)]),
    repair: ({ local }) => local.heal(),
  }));

test('cut off with one of five: the majority goes on', () =>
  surviving(5, {
    strike: ({ local }, leader) => {
      const [friend, ...others] = local.ids.filter((id) => id !== leader);
      return local.partition([[leader, friend ?? leader], others]);
    },
    repair: ({ local }) => local.heal(),
  }));
