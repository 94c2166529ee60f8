import { setTimeout } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { SeededRandom } from '../../src/base/seeded-random.ts';
import type { KvEvent } from '../../src/client/key-value.ts';
import type { Watch } from '../../src/client/watch.ts';
import { clientOf, setUp, take, until } from './fixture.ts';

test('a watch tells of every change of its keys, in order, with the values', async () => {
  const { client } = await setUp();
  const watch = client.watch({ prefix: 'a/' });
  await client.kv.put('a/1', 'x');
  await client.kv.put('b/1', 'x');
  await client.kv.delete('a/1');
  const events = await take(watch, 2);
  expect(events.map(({ kind, key, revision }) => ({ kind, key, revision }))).toEqual([
    { kind: 'put', key: 'a/1', revision: 1 },
    { kind: 'delete', key: 'a/1', revision: 3 },
  ]);
  expect(events[0]?.text()).toBe('x');
  expect(events[1]?.value).toBeUndefined();
});

test('a watch from an earlier revision begins there', async () => {
  const { client } = await setUp(1);
  await client.kv.put('a', '1');
  await client.kv.put('a', '2');
  const events = await take(client.watch({ key: 'a', fromRevision: 1 }), 2);
  expect(events.map((event) => event.text())).toEqual(['1', '2']);
});

test('watches go on over crashes, without a gap and without a double, alone and in company', async () => {
  const random = new SeededRandom(Number(process.env['SEED']));
  const { cluster } = await setUp();
  const writer = clientOf(cluster.endpoints);
  const reader = clientOf(cluster.endpoints, { watchBufferMax: 20 });
  for (const node of cluster.nodes) node.stutters = true;
  const read = async (prefix: string, pauseMs: number): Promise<readonly number[]> => {
    const seen: number[] = [];
    for await (const event of reader.watch({ prefix, fromRevision: 1 })) {
      seen.push(event.revision);
      if (seen.length === 200) break;
      if (pauseMs > 0) await setTimeout(pauseMs);
    }
    return seen;
  };
  const reading = Promise.all([read('', 0), read('', 0), read('', 1), read('k', 0)]);
  for (let at = 0; at < 200; at++) {
    if (random.chance(0.05)) cluster.node(random.integer(1, 3)).cut();
    if (random.chance(0.05)) cluster.leader = random.integer(1, 3);
    if (random.chance(0.03)) cluster.node(random.integer(1, 3)).endWatches('NO_LEADER');
    // The last one could not be missed: nothing follows it.
    for (const node of cluster.nodes) node.swallows = at < 190 && random.chance(0.1);
    await writer.kv.put('k', String(at), { timeoutMs: 20_000 });
  }
  const all = Array.from({ length: 200 }, (_, at) => at + 1);
  for (const seen of await reading) expect(seen).toEqual(all);
});

test('watches of the same keys are told by one frame, and hand out the same objects', async () => {
  const { cluster, client } = await setUp(1);
  const watches = [1, 2, 3].map(() => client.watch({ prefix: 'a' }));
  const early = client.watch({ prefix: 'a', fromRevision: 1 });
  const other = client.machine('kv').watch({ prefix: 'a' });
  await until('the watches', () => cluster.node(1).watches === 5);
  await client.kv.put('a', '1');
  const events = await Promise.all(watches.map((watch) => take(watch, 1)));
  expect(events[0]).toMatchObject([{ kind: 'put', key: 'a', revision: 1 }]);
  for (const [event] of events) expect(event).toBe(events[0]?.[0]);
  expect(await take(early, 1)).toMatchObject([{ key: 'a' }]);
  expect(await take(other, 1)).toMatchObject([{ machine: 'kv', key: 'a' }]);
});

test('a watch leaves a node that has no leader', async () => {
  const { cluster, client } = await setUp();
  const watch = client.watch({ key: 'a' });
  await until('the watch', () => cluster.node(1).watches === 1);
  cluster.leader = 2;
  cluster.node(1).endWatches('NO_LEADER');
  await until('the watch elsewhere', () => cluster.node(2).watches === 1);
  await client.kv.put('a', '1');
  expect(await take(watch, 1)).toMatchObject([{ key: 'a' }]);
});

test('a compacted revision ends a watch with an error, after the events that came', async () => {
  const { cluster, client } = await setUp(1);
  const watch = client.watch({ key: 'a' });
  await client.kv.put('a', '1');
  cluster.fault = (frame) => (frame.kind === 'watch' ? 'REVISION_COMPACTED' : undefined);
  cluster.node(1).cut();
  await until('the watch to end', () => watch.isEnded);
  expect(await watch.next()).toMatchObject({ done: false, value: { key: 'a' } });
  await expect(watch.next()).rejects.toMatchObject({ code: 'REVISION_COMPACTED' });
  expect(await watch.next()).toMatchObject({ done: true });
});

test('a slow reader makes the node stop, and loses nothing', async () => {
  const { cluster } = await setUp(1);
  const writer = clientOf(cluster.endpoints);
  const reader = clientOf(cluster.endpoints, { watchBufferMax: 10 });
  const watch = reader.watch({ prefix: '', fromRevision: 1 });
  await until('the watch', () => cluster.node(1).watches === 1);
  for (let at = 0; at < 100; at++) await writer.kv.put('k', String(at));
  await until('the watch to be held back', () => cluster.node(1).watches === 0);
  const events = await take(watch, 100);
  expect(events.map((event) => event.text())).toEqual(Array.from({ length: 100 }, (_, at) => String(at)));
});

test('a slow reader holds nobody else back', async () => {
  const { cluster } = await setUp(1);
  const writer = clientOf(cluster.endpoints);
  const reader = clientOf(cluster.endpoints, { watchBufferMax: 10 });
  const open = (): Watch<KvEvent> => reader.watch({ prefix: '', fromRevision: 1 });
  const [slow, ...others] = [open(), open(), open()];
  await until('the watches', () => cluster.node(1).watches === 3);
  const reading = Promise.all(others.map((watch) => take(watch, 100)));
  for (let at = 0; at < 100; at++) await writer.kv.put('k', String(at));
  const values = Array.from({ length: 100 }, (_, at) => String(at));
  for (const events of await reading) expect(events.map((event) => event.text())).toEqual(values);
  expect(cluster.node(1).watches).toBe(2);
  const late = take(slow, 101);
  await until('the slow one to be back', () => cluster.node(1).watches === 3);
  await writer.kv.put('k', '100');
  expect((await late).map((event) => event.text())).toEqual([...values, '100']);
  expect(await Promise.all(others.map((watch) => take(watch, 1)))).toMatchObject([
    [{ revision: 101 }],
    [{ revision: 101 }],
  ]);
});

test('one of several watches that ends is not missed by the others', async () => {
  const { cluster, client } = await setUp(1);
  const [first, second] = [client.watch({ prefix: '' }), client.watch({ prefix: '' })];
  await until('the watches', () => cluster.node(1).watches === 2);
  await client.kv.put('a', '1');
  await first.return();
  await until('the end of one', () => cluster.node(1).watches === 1);
  await client.kv.put('a', '2');
  expect(await first.next()).toMatchObject({ done: true });
  expect((await take(second, 2)).map((event) => event.text())).toEqual(['1', '2']);
});

test('leaving the loop ends the watch at the node', async () => {
  const { cluster, client } = await setUp(1);
  await client.kv.put('a', '1');
  for await (const event of client.watch({ key: 'a', fromRevision: 1 })) {
    expect(event.text()).toBe('1');
    break;
  }
  await until('the end of the watch', () => cluster.node(1).watches === 0);
});

test('an abort ends a watch with ABORTED', async () => {
  const { cluster, client } = await setUp(1);
  const controller = new AbortController();
  const watch = client.watch({ key: 'a', signal: controller.signal });
  const next = watch.next();
  await until('the watch', () => cluster.node(1).watches === 1);
  controller.abort();
  await expect(next).rejects.toMatchObject({ code: 'ABORTED' });
  await until('the end of the watch', () => cluster.node(1).watches === 0);
});

test('closing the client ends every watch without an error', async () => {
  const { client } = await setUp(1);
  const [first, second] = [client.watch({ key: 'a' }), client.watch({ prefix: '' })];
  const ends = [first.next(), second.next()];
  await client.ready();
  await client.close();
  expect(await Promise.all(ends)).toEqual([
    { done: true, value: undefined },
    { done: true, value: undefined },
  ]);
});

test('a machine can be watched in its own terms', async () => {
  const { client } = await setUp(1);
  const watch = client.machine('shop').watch({ prefix: 'product/' });
  await client.shop.products.add({ name: 'Mug', priceMinor: 900, stock: 3 });
  expect(await take(watch, 1)).toMatchObject([{ machine: 'shop', kind: 'product-added' }]);
});
