import { expect, test } from 'vitest';
import { RawClient, until } from './raw-client.ts';
import { get, TestCluster, TestSession } from './test-cluster.ts';

const VALUE = 'v'.repeat(100_000);

test('a watch whose reader is slow waits, costs others nothing, and then gets every event', async () => {
  await using cluster = await TestCluster.start(1, {
    bufferedBytesLow: 200_000,
    bufferedBytesMax: 50_000_000,
  });
  await cluster.leader();
  const slow = await cluster.client(1);
  slow.send({ kind: 'watch', request: 1, machine: 'kv', key: '', prefix: true, fromRevision: undefined });
  await slow.next('watch-started');
  slow.socket.pause();
  const writer = await cluster.client(1);
  const session = await TestSession.open(writer);
  const count = 150;
  for (let at = 0; at < count; at++) expect((await session.put(`k${at}`, VALUE)).kind).toBe('result');
  slow.socket.resume();
  const revisions = (): readonly number[] =>
    slow.frames.flatMap((frame) =>
      frame.kind === 'watch-events' ? frame.events.map(({ revision }) => revision) : [],
    );
  await until('every event came', () => revisions().length >= count || undefined);
  expect(revisions()).toEqual(Array.from({ length: count }, (_, at) => at + 1));
});

test('a client that asks for much and reads nothing is cut, and others go on', async () => {
  await using cluster = await TestCluster.start(1, {
    bufferedBytesLow: 1_000_000,
    bufferedBytesMax: 2_000_000,
  });
  await cluster.leader();
  const client = await cluster.client(1);
  const session = await TestSession.open(client);
  await session.put('big', VALUE);
  const greedy = await RawClient.open(cluster.address(1));
  greedy.socket.pause();
  for (let at = 0; at < 2_000 && greedy.socket.readyState === greedy.socket.OPEN; at++) {
    greedy.send({
      kind: 'query',
      request: at,
      machine: 'kv',
      consistency: 'stale',
      body: { kind: 'get', key: 'big' },
    });
  }
  await until('the node has cut it', () => cluster.logged('client refused').length > 0 || undefined);
  expect(cluster.logged('client refused')[0]).toMatchObject({ code: 'TOO_BUSY' });
  expect(await get(client, 'big')).toMatchObject({ kind: 'result' });
  greedy.close();
});
