/** All nodes at once, and one that was away for too long. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { connect } from '../../src/client/client.ts';
import { Counter } from './counter.ts';
import { TestCluster } from './harness.ts';
import { Watcher } from './watcher.ts';
import { Workload } from './workload.ts';

const SOME = 300;

test('all nodes are killed at the same time under load, twice: nothing acknowledged is lost', async () => {
  await using cluster = await TestCluster.start(3);
  const { endpoints, local } = cluster;
  const workload = new Workload({ endpoints, historyPath: join(local.directory.path, 'history.jsonl') });
  const counter = new Counter(endpoints);
  const watcher = new Watcher(endpoints);
  for (let round = 0; round < 2; round++) {
    await workload.progress(SOME);
    await cluster.killAll();
    expect(local.living).toEqual([]);
    await local.start();
    await cluster.leader();
  }
  await workload.progress(SOME);
  await workload.check();
  await counter.check();
  await watcher.check();
});

test('all nodes are stopped in good order and started again: the data is there', async () => {
  await using cluster = await TestCluster.start(3);
  const { endpoints, local } = cluster;
  await using before = connect(endpoints);
  const { revision } = await before.kv.put('a', '1');
  await local.stop();
  await local.start();
  await using after = connect(endpoints, { timeoutMs: 30_000 });
  const entry = await after.kv.get('a');
  expect(entry?.text()).toBe('1');
  expect(entry?.modRevision).toBe(revision);
});

test('a follower that was away until the log was compacted past it catches up by a snapshot', async () => {
  const limits = ['--limit=logEntriesMax=400,logEntriesKept=100'];
  await using cluster = await TestCluster.start(3, limits);
  const { endpoints, local } = cluster;
  const leader = await cluster.leader();
  const [away = 0, other = 0] = local.ids.filter((id) => id !== leader);
  const { lastIndex } = await cluster.statusWhere(away, 'is up', () => true);
  await local.kill(away);

  await using client = connect(endpoints, { timeoutMs: 30_000 });
  const keys = Array.from({ length: 1_500 }, (_, at) => `key ${at}`);
  await Promise.all(keys.map((key) => client.kv.put(key, `value of ${key}`)));
  await cluster.statusWhere(leader, 'has compacted', (status) => status.firstIndex > lastIndex + 1);

  await local.start([away]);
  const { commitIndex } = await cluster.statusWhere(leader, 'leads', () => true);
  const caughtUp = await cluster.statusWhere(
    away,
    'caught up',
    (status) => status.appliedIndex >= commitIndex,
  );
  expect(caughtUp.firstIndex).toBeGreaterThan(lastIndex + 1);

  // From here on nothing can be decided without the one that was away.
  await local.kill(other);
  for await (const entry of client.kv.scan({ prefix: 'key ' })) {
    expect(entry.text()).toBe(`value of ${entry.key}`);
  }
  expect(await client.kv.count({ prefix: 'key ' })).toBe(keys.length);
  await client.kv.put('after', 'all');
  const stale = connect([local.addressOf(away)]);
  expect(await stale.kv.count({ prefix: 'key ' }, { consistency: 'stale' })).toBe(keys.length);
  await stale.close();
});
