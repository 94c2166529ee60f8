import { expect, test } from 'vitest';
import { RawClient, until } from './raw-client.ts';
import { get, TestCluster, TestSession } from './test-cluster.ts';

const VALUE = 'v'.repeat(100_000);

test('watches whose reader is slow wait, cost others nothing, and then get every event', async () => {
  await using cluster = await TestCluster.start(1, {
    bufferedBytesLow: 200_000,
    bufferedBytesMax: 50_000_000,
  });
  await cluster.leader();
  const slow = await cluster.client(1);
  const fast = await cluster.client(1);
  const selection = { machine: 'kv', key: '', prefix: true, fromRevision: undefined } as const;
  for (const request of [1, 2]) slow.send({ kind: 'watch', request, ...selection });
  for (const request of [7, 8]) fast.send({ kind: 'watch', request, ...selection });
  for (const client of [slow, slow, fast, fast]) await client.next('watch-started');
  slow.socket.pause();
  const writer = await cluster.client(1);
  const session = await TestSession.open(writer);
  const count = 150;
  for (let at = 0; at < count; at++) expect((await session.put(`k${at}`, VALUE)).kind).toBe('result');
  const all = Array.from({ length: count }, (_, at) => at + 1);
  for (const request of [7, 8]) await sees(fast, request, all);
  slow.socket.resume();
  for (const request of [1, 2]) await sees(slow, request, all);
  // They are told together again.
  await session.put('last', 'v');
  for (const client of [slow, fast])
    await until('both see the last', () => isToldTogether(client, 2, 'last') || undefined);
});

/** A watch of the client is told of these revisions, each once and in order. */
async function sees(client: RawClient, request: number, revisions: readonly number[]): Promise<void> {
  const told = (): readonly number[] =>
    client.frames.flatMap((frame) =>
      frame.kind === 'watch-events' && frame.requests.includes(request)
        ? frame.events.map(({ revision }) => revision)
        : [],
    );
  await until('every event came', () => told().length >= revisions.length || undefined);
  expect(told()).toEqual(revisions);
}

function isToldTogether({ frames }: RawClient, count: number, key: string): boolean {
  return frames.some(
    (frame) =>
      frame.kind === 'watch-events' &&
      frame.requests.length === count &&
      frame.events.some((event) => event.key === key),
  );
}

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
