/** A node that is not who it says, or not where it should be, stops and says why. */
import { cpSync, renameSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { waitUntil } from '../../cluster/wait-until.ts';
import { connect } from '../../src/client/client.ts';
import { kvorum } from './command.ts';
import { TestCluster } from './harness.ts';

test('a node that has lost its directory does not vote again', async () => {
  await using cluster = await TestCluster.start(3);
  const { local } = cluster;
  const leader = await cluster.leader();
  const [victim = 0, other = 0] = local.ids.filter((id) => id !== leader);
  await using client = connect(local.addressOf(leader));
  await client.kv.put('a', '1');
  await local.kill(victim);
  await local.kill(other);
  rmSync(local.directory.dataPath(victim), { recursive: true });

  await local.start([victim]);
  expect(await cluster.endOf(victim)).toContain('AMNESIA');
  await expect(client.kv.put('a', '2', { timeoutMs: 1_000 })).rejects.toMatchObject({ name: 'StoreError' });

  await local.start([other]);
  await cluster.leader();
  const entry = await client.kv.get('a', { timeoutMs: 30_000 });
  expect(['1', '2']).toContain(entry?.text());
});

test('a node whose directory is an older copy of itself stops, and is replaced; nothing is lost', async () => {
  await using cluster = await TestCluster.start(3);
  const { local } = cluster;
  const leader = await cluster.leader();
  const [victim = 0] = local.ids.filter((id) => id !== leader);
  const path = local.directory.dataPath(victim);
  await using client = connect(cluster.endpoints, { timeoutMs: 30_000 });
  await client.kv.put('a', '1');
  await local.kill(victim);
  cpSync(path, `${path}-copy`, { recursive: true });
  await local.start([victim]);
  const { lastIndex } = await cluster.statusWhere(leader, 'leads', () => true);
  for (const value of ['2', '3', '4']) await client.kv.put('a', value);
  // What it was told to be committed, it may not have on its disk yet: the leader has to know that it has.
  await waitUntil({ what: `the word of node ${victim} that it holds them`, timeoutMs: 30_000 }, async () => {
    const { members } = await client.members.list();
    const progress = members.find(({ id }) => id === victim)?.progress;
    return progress !== undefined && progress.matchIndex >= lastIndex + 3 ? true : undefined;
  });
  await local.kill(victim);
  rmSync(path, { recursive: true });
  renameSync(`${path}-copy`, path);
  await local.start([victim]);
  const end = await cluster.endOf(victim);
  expect(end).toContain('AMNESIA');
  expect(end).toContain('is an older copy of itself');
  const replaced = await kvorum('cluster', 'replace', String(victim), '--dir', local.directory.path);
  cluster.reopen();
  expect(replaced).toMatchObject({ status: 0 });
  expect((await client.kv.get('a'))?.text()).toBe('4');
});

test('a directory of another node is refused', async () => {
  await using cluster = await TestCluster.start(3);
  const { local } = cluster;
  await local.stop([1, 2]);
  await cluster.ended(cluster.startOdd({ id: 2, dataOf: 1 }));
  expect(cluster.logOf(2)).toContain('DIRECTORY_MISMATCH');
  await local.start([1, 2]);
  await cluster.leader();
});

test('a directory that is in use is refused, and its user goes on', async () => {
  await using cluster = await TestCluster.start(3);
  await cluster.ended(cluster.startOdd({ id: 1, dataOf: 1 }));
  expect(cluster.logOf(1)).toMatch(/DIRECTORY_LOCKED|PORT_IN_USE/);
  await cluster.statusWhere(1, 'answers', () => true);
});

test('a port that is taken is named', async () => {
  await using cluster = await TestCluster.create(3);
  const { local } = cluster;
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(local.firstPort, '127.0.0.1', resolve);
  });
  await local.start([1]);
  const log = await cluster.endOf(1);
  expect(log).toContain('PORT_IN_USE');
  expect(log).toContain(String(local.firstPort));
  server.close();
});

test('two clusters do not mix', async () => {
  await using ours = await TestCluster.start(3);
  await using theirs = await TestCluster.create(3);
  const [first, , third] = theirs.local.nodes;
  if (first === undefined || third === undefined) throw new Error('a cluster of three has three nodes');
  // The strangers take a node of ours for their second.
  const members = [first, { id: 2, address: ours.local.addressOf(2) }, third];
  for (const { id } of [first, third]) theirs.startOdd({ id, dataOf: id, members });
  await theirs.logged(first.id, 'CLUSTER_MISMATCH');
  await using client = connect(ours.endpoints);
  await client.kv.put('a', '1');
  expect((await client.kv.get('a'))?.text()).toBe('1');
  await using stranger = connect(ours.endpoints, { clusterId: theirs.local.clusterId, timeoutMs: 3_000 });
  await expect(stranger.kv.get('a')).rejects.toMatchObject({ code: 'CLUSTER_MISMATCH' });
});
