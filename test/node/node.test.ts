import { expect, test } from 'vitest';
import { StoreError } from '../../src/base/errors.ts';
import { until } from './raw-client.ts';
import type { NodeStatus } from '../../src/wire/client-frames.ts';
import { get, TestCluster, TestSession } from './test-cluster.ts';

test('three nodes form, elect a leader, put, get and watch', async () => {
  await using cluster = await TestCluster.start(3);
  const leader = await cluster.leader();
  const client = await cluster.client(leader);
  client.send({ kind: 'watch', request: 9, machine: 'kv', key: 'a', prefix: true, fromRevision: undefined });
  await client.next('watch-started');
  const session = await TestSession.open(client);
  expect(await session.put('a1', 'one')).toMatchObject({ kind: 'result', revision: 1 });
  expect(await get(client, 'a1')).toMatchObject({ kind: 'result', revision: 1 });
  const events = await client.next('watch-events');
  expect(events).toMatchObject({ requests: [9], revision: 1, events: [{ kind: 'put', key: 'a1' }] });
});

test('what a leader acknowledged survives it, and it comes back as a follower', async () => {
  await using cluster = await TestCluster.start(3);
  const first = await cluster.leader();
  const session = await TestSession.open(await cluster.client(first));
  for (let at = 0; at < 20; at++) expect((await session.put(`k${at}`, `${at}`)).kind).toBe('result');
  await cluster.stop(first);
  const second = await cluster.leader();
  expect(second).not.toBe(first);
  const client = await cluster.client(second);
  for (let at = 0; at < 20; at++) {
    expect(await get(client, `k${at}`)).toMatchObject({
      result: { entry: { version: 1, value: new TextEncoder().encode(`${at}`) } },
    });
  }
  await cluster.startNode(first);
  const { lastIndex } = cluster.nodes.get(second)!.status();
  await until('the old leader catches up', () => {
    const status = cluster.nodes.get(first)!.status();
    return (status.appliedIndex >= lastIndex && status.leader === second) || undefined;
  });
});

test('a follower answers queries of every consistency itself, and names the leader for commands', async () => {
  await using cluster = await TestCluster.start(3);
  const leader = await cluster.leader();
  const follower = (leader % 3) + 1;
  const client = await cluster.client(follower);
  await until('the follower knows the leader', () => cluster.nodes.get(follower)!.status().leader);
  const session = await TestSession.open(await cluster.client(leader));
  await session.put('a', '1');
  const query = { kind: 'query', machine: 'kv', body: { kind: 'get', key: 'a' } } as const;
  const written = { kind: 'result', result: { entry: { version: 1 } } };
  for (const consistency of ['linearizable', 'lease'] as const) {
    expect(await client.ask({ ...query, consistency })).toMatchObject({ ...written, staleMs: 0 });
  }
  expect(await client.ask({ ...query, consistency: 'stale' })).toMatchObject(written);
  const bounded = await client.ask({ ...query, consistency: 'stale', maxStaleMs: 60_000 });
  expect(bounded).toMatchObject({ ...written, staleMs: expect.any(Number) as number });
  const command = { kind: 'open', ttlMs: 1000 };
  expect(
    await client.ask({ kind: 'command', machine: 'sessions', session: undefined, body: command }),
  ).toMatchObject({ kind: 'error', code: 'NOT_LEADER', outcome: 'not-applied', leader });
});

test('a cluster comes back with everything after all its nodes stopped', async () => {
  await using cluster = await TestCluster.start(3);
  const session = await TestSession.open(await cluster.client(await cluster.leader()));
  await session.put('a', '1');
  for (const id of [1, 2, 3]) await cluster.stop(id);
  for (const id of [1, 2, 3]) await cluster.startNode(id);
  const client = await cluster.client(await cluster.leader());
  expect(await get(client, 'a')).toMatchObject({ kind: 'result', result: { entry: { version: 1 } } });
});

test('a partition that faults make stops the minority and heals', async () => {
  await using cluster = await TestCluster.start(3);
  const old = await cluster.leader();
  const others = [1, 2, 3].filter((id) => id !== old);
  const cut = (ids: readonly number[]): Promise<Response> =>
    fetch(`http://${cluster.address(old)}/faults`, {
      method: 'POST',
      body: JSON.stringify({ cutTo: ids, cutFrom: ids }),
    });
  const watcher = await cluster.client(old);
  watcher.send({
    kind: 'watch',
    request: 1,
    machine: 'kv',
    key: 'a',
    prefix: false,
    fromRevision: undefined,
  });
  await watcher.next('watch-started');
  expect((await cut(others)).status).toBe(200);
  const leader = await until('another leader', () =>
    others.find((id) => cluster.nodes.get(id)!.status().role === 'leader'),
  );
  const session = await TestSession.open(await cluster.client(leader));
  expect((await session.put('a', '1')).kind).toBe('result');
  await until(
    'the old leader steps down',
    () => cluster.nodes.get(old)!.status().role !== 'leader' || undefined,
  );
  expect(await watcher.next('watch-ended')).toMatchObject({ request: 1, code: 'NO_LEADER' });
  expect((await fetch(`http://${cluster.address(old)}/ready`)).status).toBe(503);
  await cut([]);
  await until('the old leader follows', () => cluster.nodes.get(old)!.status().revision === 1 || undefined);
});

test('a node whose directory was emptied stops with AMNESIA, and the others go on', async () => {
  await using cluster = await TestCluster.start(3);
  const leader = await cluster.leader();
  const victim = (leader % 3) + 1;
  await cluster.stop(victim);
  cluster.directories.delete(victim);
  const node = await cluster.startNode(victim);
  expect(await node.stopped).toMatchObject({ kind: 'failed', code: 'AMNESIA' });
  cluster.nodes.delete(victim);
  const session = await TestSession.open(await cluster.client(await cluster.leader()));
  expect((await session.put('a', '1')).kind).toBe('result');
});

test('a cluster does not form before all members were met, and says for whom it waits', async () => {
  await using cluster = await TestCluster.create(3);
  await cluster.startNode(1);
  await cluster.startNode(2);
  await until('the two have met', () => cluster.logged('peer up').length >= 2 || undefined);
  const client = await cluster.client(1);
  const refused = await get(client, 'a');
  expect(refused).toMatchObject({ kind: 'error', code: 'NO_LEADER', outcome: 'not-applied' });
  expect(refused.kind === 'error' && refused.message).toContain('waits for node 3');
  expect(await (await fetch(`http://${cluster.address(1)}/ready`)).json()).toMatchObject({ ready: false });
  expect(await (await fetch(`http://${cluster.address(1)}/health`)).json()).toMatchObject({
    role: 'forming',
  });
  await cluster.startNode(3);
  await cluster.leader();
});

test('a node alone serves by itself', async () => {
  await using cluster = await TestCluster.start(1);
  const session = await TestSession.open(await cluster.client(await cluster.leader()));
  expect(await session.put('a', '1')).toMatchObject({ kind: 'result', revision: 1 });
});

test('a full disk stops the node with a reason, and loses nothing that was acknowledged', async () => {
  await using cluster = await TestCluster.start(3);
  const leader = await cluster.leader();
  const client = await cluster.client(leader);
  const session = await TestSession.open(client);
  expect((await session.put('a', '1')).kind).toBe('result');
  cluster.directories.get(leader)!.log.failure = new StoreError('DISK_FULL', 'no space left');
  client.send({
    kind: 'command',
    request: 99,
    machine: 'sessions',
    session: undefined,
    body: { kind: 'open', ttlMs: 9_000 },
  });
  expect(await cluster.nodes.get(leader)!.stopped).toEqual({
    kind: 'failed',
    code: 'DISK_FULL',
    message: 'no space left',
  });
  cluster.nodes.delete(leader);
  const next = await cluster.client(await cluster.leader());
  expect(await get(next, 'a')).toMatchObject({ result: { entry: { version: 1 } } });
});

test('a graceful stop answers what is on its way and says goodbye', async () => {
  await using cluster = await TestCluster.start(1);
  const client = await cluster.client(await cluster.leader());
  const session = await TestSession.open(client);
  const { lastIndex } = cluster.nodes.get(1)!.status();
  const go = cluster.directories.get(1)!.log.block();
  const put = session.put('a', '1');
  await until(
    'the put is on its way to the disk',
    () => cluster.nodes.get(1)!.status().lastIndex > lastIndex || undefined,
  );
  const stopped = cluster.stop(1);
  go();
  expect((await put).kind).toBe('result');
  expect(await client.next('goodbye')).toMatchObject({ code: 'SHUTTING_DOWN' });
  await stopped;
});

test('commands wait while the disk is behind, and are refused when too many wait', async () => {
  await using cluster = await TestCluster.start(1, { logWritesMax: 1, heldCommandsMax: 3 });
  const client = await cluster.client(await cluster.leader());
  const status = (): NodeStatus => cluster.nodes.get(1)!.status();
  await until('the first entries are applied', () => status().clusterVersion === 2 || undefined);
  const { lastIndex } = status();
  const go = cluster.directories.get(1)!.log.block();
  const open = (): ReturnType<typeof client.ask> =>
    client.ask({
      kind: 'command',
      machine: 'sessions',
      session: undefined,
      body: { kind: 'open', ttlMs: 60_000 },
    });
  const first = open();
  await until('the first is on its way', () => status().lastIndex > lastIndex || undefined);
  const waiting = [open(), open(), open()];
  expect(await open()).toMatchObject({ kind: 'error', code: 'TOO_BUSY', outcome: 'not-applied' });
  go();
  for (const answer of [first, ...waiting]) expect((await answer).kind).toBe('result');
});
