import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { StoreError } from '../../src/base/errors.ts';
import { clientOf, setUp, until } from './fixture.ts';

test('a put, a get and a delete', async () => {
  const { client } = await setUp();
  expect(await client.kv.put('a', '1')).toMatchObject({ kind: 'put', revision: 1, version: 1 });
  const entry = await client.kv.get('a');
  expect(entry?.text()).toBe('1');
  expect(entry).toMatchObject({ createRevision: 1, modRevision: 1, version: 1 });
  expect(await client.kv.delete('a')).toMatchObject({ existed: true, revision: 2 });
  expect(await client.kv.delete('a')).toMatchObject({ existed: false });
  expect(await client.kv.get('a')).toBeUndefined();
});

test('keys and values are bytes, and text is their UTF-8', async () => {
  const { client } = await setUp(1);
  const bytes = Uint8Array.from([0, 255, 128, 10]);
  await client.kv.put(bytes, bytes);
  const found = await client.kv.get(bytes);
  expect(found?.value).toEqual(bytes);
  expect(Uint8Array.from(found?.keyBytes ?? [])).toEqual(bytes);
  await client.kv.put('größe 🦊', 'ä');
  expect((await client.kv.get(new TextEncoder().encode('größe 🦊')))?.text()).toBe('ä');
  expect((await client.kv.get('größe 🦊'))?.key).toBe('größe 🦊');
});

test('finds the leader from any endpoint, and follows it when it moves', async () => {
  const { cluster } = await setUp();
  const client = clientOf([cluster.node(3).address]);
  await client.kv.put('a', '1');
  cluster.leader = 2;
  await client.kv.put('a', '2');
  expect(cluster.version('a')).toBe(2);
  expect(cluster.seen.at(-1)?.node).toBe(2);
});

test('a call outlives the leader', async () => {
  const { cluster, client } = await setUp();
  await client.kv.put('a', '1');
  await cluster.node(1).stop();
  cluster.leader = undefined;
  const put = client.kv.put('a', '2');
  await until('attempts to find a leader', () => cluster.node(2).connections > 0);
  cluster.leader = 3;
  await put;
  expect(cluster.version('a')).toBe(2);
});

test('a client that is told who leads goes there at once, without asking anyone else', async () => {
  const { cluster, client } = await setUp(5);
  await client.kv.put('a', '1');
  cluster.leader = 4;
  cluster.node(1).announce();
  await until('a connection to the new leader alone', () => cluster.node(4).connections === 1);
  await client.kv.put('a', '2');
  const asked = new Set(cluster.seen.filter(({ frame }) => frame.kind === 'hello').map(({ node }) => node));
  expect([...asked]).toEqual([1, 4]);
  expect(cluster.version('a')).toBe(2);
});

test('a leader that loses its lead and gets it back is not left', async () => {
  const { cluster, client } = await setUp(1);
  await client.kv.put('a', '1');
  cluster.leader = undefined;
  const put = client.kv.put('a', '2');
  await until(
    'the put was refused',
    () => cluster.seen.filter(({ frame }) => frame.kind === 'command').length > 2,
  );
  cluster.leader = 1;
  cluster.node(1).announce();
  await put;
  expect(cluster.version('a')).toBe(2);
  expect(cluster.seen.filter(({ frame }) => frame.kind === 'hello')).toHaveLength(1);
});

test('a client finds its way when all nodes that it was given are gone', async () => {
  const { cluster } = await setUp(3);
  const client = clientOf([cluster.node(1).address]);
  await client.kv.put('a', '1');
  // The others are all that is left, and the client was told so.
  cluster.leader = 3;
  cluster.node(1).announce([cluster.node(2), cluster.node(3)]);
  await client.kv.put('a', '2');
  await cluster.node(1).stop();
  cluster.leader = 2;
  cluster.node(3).cut();
  await client.kv.put('a', '3');
  expect(cluster.version('a')).toBe(3);
});

test('a put whose reply is lost with the connection takes effect once', async () => {
  const { cluster, client } = await setUp();
  await client.kv.put('a', '0');
  let cuts = 0;
  cluster.fault = (frame) => (frame.kind === 'command' && cuts++ < 3 ? 'cut-after' : undefined);
  const result = await client.kv.put('a', '1');
  expect(cuts).toBeGreaterThanOrEqual(3);
  expect(result.version).toBe(2);
  expect(cluster.version('a')).toBe(2);
});

test('every command of a full pipeline takes effect once, whatever happens to the connection', async () => {
  const { cluster, client } = await setUp();
  await client.kv.put('warm', 'up');
  let frames = 0;
  cluster.fault = (frame) => {
    if (frame.kind !== 'command') return undefined;
    frames++;
    if (frames === 50) cluster.leader = 2;
    if (frames === 120) cluster.leader = undefined;
    if (frames === 121) setTimeout(() => (cluster.leader = 3), 50);
    if (frames % 41 === 0) return 'cut-after';
    if (frames % 53 === 0) return 'cut-before';
    return frames % 7 === 0 ? 'LEADERSHIP_LOST' : undefined;
  };
  const keys = Array.from({ length: 300 }, (_, at) => `key${at}`);
  const results = await Promise.all(keys.map((key) => client.kv.put(key, key, { timeoutMs: 20_000 })));
  expect(results.map((result) => result.version)).toEqual(keys.map(() => 1));
  expect(keys.map((key) => cluster.version(key))).toEqual(keys.map(() => 1));
  expect(new Set(results.map((result) => result.revision)).size).toBe(300);
});

test('a retry bears the same stamp, and tells which replies are here', async () => {
  const { cluster, client } = await setUp(1);
  await client.kv.put('a', '1');
  let lost = 0;
  cluster.fault = (frame) => (frame.kind === 'command' && lost++ < 1 ? 'LEADERSHIP_LOST' : undefined);
  await client.kv.put('a', '2');
  const stamps = cluster.seen.flatMap(({ frame }) =>
    frame.kind === 'command' && frame.session !== undefined ? [frame.session] : [],
  );
  expect(stamps.map(({ sequence, ackedBelow }) => [sequence, ackedBelow])).toEqual([
    [1, 1],
    [2, 2],
    [2, 2],
  ]);
});

test('a session that expired while the client was idle is replaced without a word', async () => {
  const { cluster, client } = await setUp(1);
  await client.kv.put('a', '1');
  cluster.timeMs += 3_600_000;
  expect(await client.kv.put('a', '2')).toMatchObject({ version: 2 });
});

test('a command that may have been applied in a lost session fails with outcome unknown', async () => {
  const { cluster, client } = await setUp(1);
  await client.kv.put('a', '1');
  cluster.fault = (frame) => {
    if (frame.kind !== 'command') return undefined;
    cluster.timeMs += 3_600_000;
    cluster.fault = () => undefined;
    return 'LEADERSHIP_LOST';
  };
  const error = await failure(client.kv.put('a', '2'));
  expect(error).toMatchObject({ code: 'SESSION_EXPIRED', outcome: 'unknown' });
  expect(await client.kv.put('a', '3')).toMatchObject({ version: 2 });
});

test('a put without a reply times out with outcome unknown, a get without harm', async () => {
  const { cluster, client } = await setUp(1);
  await client.kv.put('a', '1');
  cluster.fault = () => 'mute';
  const options = { timeoutMs: 100 };
  const [put, get] = await Promise.all([
    failure(client.kv.put('a', '2', options)),
    failure(client.kv.get('a', options)),
  ]);
  expect(put).toMatchObject({ code: 'TIMEOUT', outcome: 'unknown' });
  expect(get).toMatchObject({ code: 'TIMEOUT', outcome: 'not-applied' });
});

test('without a leader a call says so, and that it had no effect', async () => {
  const { cluster, client } = await setUp();
  cluster.leader = undefined;
  const error = await failure(client.kv.put('a', '1', { timeoutMs: 300 }));
  expect(error).toMatchObject({ code: 'NO_LEADER', outcome: 'not-applied' });
});

test('without a node a call says so', async () => {
  const client = clientOf(['127.0.0.1:1']);
  const error = await failure(client.kv.put('a', '1', { timeoutMs: 200 }));
  expect(error).toMatchObject({ code: 'UNREACHABLE', outcome: 'not-applied' });
  expect(error.message).toContain('connection refused');
});

test('a node of another cluster is refused by name', async () => {
  const { cluster } = await setUp(1);
  const client = clientOf(cluster.endpoints, { clusterId: 'another' });
  expect(await failure(client.kv.get('a', { timeoutMs: 200 }))).toMatchObject({ code: 'CLUSTER_MISMATCH' });
});

test('a client stays with the cluster that it met first', async () => {
  const { cluster, client } = await setUp(1);
  await client.kv.put('a', '1');
  cluster.clusterId = 'another';
  cluster.node(1).cut();
  const get = failure(client.kv.get('a', { timeoutMs: 300 }));
  expect(await get).toMatchObject({ code: 'CLUSTER_MISMATCH', outcome: 'not-applied' });
});

test('a stale read is answered by a node without a leader', async () => {
  const { cluster, client } = await setUp();
  await client.kv.put('a', '1');
  cluster.leader = undefined;
  cluster.nodes.forEach((node) => node.cut());
  const entry = await client.kv.get('a', { consistency: 'stale' });
  expect(entry?.text()).toBe('1');
});

test('what is busy is tried again later, with the same stamp', async () => {
  const { cluster, client } = await setUp(1);
  let refused = 0;
  cluster.fault = (frame) => (frame.kind === 'command' && refused++ < 5 ? 'TOO_BUSY' : undefined);
  expect(await client.kv.put('a', '1')).toMatchObject({ version: 1 });
});

test('what cannot be retried fails at once', async () => {
  const { cluster, client } = await setUp(1);
  await client.ready();
  cluster.fault = (frame) => (frame.kind === 'query' ? 'MACHINE_FAILED' : undefined);
  expect(await failure(client.kv.get('a'))).toMatchObject({ code: 'MACHINE_FAILED' });
});

test('an aborted call ends with ABORTED, and says whether it may take effect', async () => {
  const { cluster, client } = await setUp(1);
  await client.kv.put('a', '1');
  cluster.fault = () => 'mute';
  const controller = new AbortController();
  const { signal } = controller;
  const sent = failure(client.kv.put('a', '2', { signal }));
  await until('the put', () => cluster.version('a') === 2);
  controller.abort();
  expect(await sent).toMatchObject({ code: 'ABORTED', outcome: 'unknown' });
  expect(await failure(client.kv.put('a', '3', { signal }))).toMatchObject({
    code: 'ABORTED',
    outcome: 'not-applied',
  });
});

test('more calls than may wait are refused', async () => {
  const client = clientOf(['127.0.0.1:1'], { queueMax: 2, timeoutMs: 200 });
  const waiting = [client.kv.get('a'), client.kv.get('b')].map(failure);
  expect(await failure(client.kv.get('c'))).toMatchObject({ code: 'TOO_BUSY', outcome: 'not-applied' });
  await Promise.all(waiting);
});

test('no more calls are in flight than allowed, and all are answered', async () => {
  const { cluster, client } = await setUp(1, { inFlightMax: 4 });
  const results = await Promise.all(Array.from({ length: 50 }, (_, at) => client.kv.put(`k${at}`, 'v')));
  expect(results).toHaveLength(50);
  expect(cluster.revision).toBe(50);
});

test('bad keys are refused before they are sent', async () => {
  const { cluster, client } = await setUp(1);
  expect(await failure(client.kv.put('', 'x'))).toMatchObject({ code: 'KEY_INVALID' });
  expect(await failure(client.kv.get('x'.repeat(65_537)))).toMatchObject({ code: 'KEY_INVALID' });
  expect(cluster.seen).toEqual([]);
});

test('a body that is no plain value fails alone', async () => {
  const { client } = await setUp(1);
  const bad = failure(client.machine('kv').query({ kind: 'get', key: 'a', odd: 10n ** 30n }));
  const good = client.kv.get('a');
  expect(await bad).toMatchObject({ code: 'BAD_REQUEST' });
  expect(await good).toBeUndefined();
});

test('a request too large for a node fails alone', async () => {
  const { client } = await setUp(1);
  const large = failure(client.kv.put('a', new Uint8Array(9 * 1024 * 1024)));
  const small = client.kv.put('b', 'x');
  expect(await large).toMatchObject({ code: 'FRAME_TOO_LARGE', outcome: 'not-applied' });
  expect(await small).toMatchObject({ version: 1 });
});

test('a node that falls silent is noticed and left', async () => {
  const { cluster, client } = await setUp(3, { pingIntervalMs: 50, silenceMaxMs: 200 });
  await client.kv.put('a', '1');
  cluster.node(1).silent = true;
  cluster.leader = 2;
  expect(await client.kv.put('a', '2')).toMatchObject({ version: 2 });
});

test('an endpoint that accepts and says nothing does not hold the client up', async () => {
  const mute = createServer(() => undefined).listen(0, '127.0.0.1');
  await once(mute, 'listening');
  onTestFinished(() => void mute.close());
  const { cluster } = await setUp();
  const { port } = mute.address() as AddressInfo;
  const client = clientOf([`127.0.0.1:${port}`, ...cluster.endpoints]);
  await client.kv.put('a', '1', { timeoutMs: 1_400 });
});

test('an endpoint that speaks something else is an unreachable one', async () => {
  const garbage = createServer((socket) => socket.end('SSH-2.0-hello\r\n')).listen(0, '127.0.0.1');
  await once(garbage, 'listening');
  onTestFinished(() => void garbage.close());
  const { port } = garbage.address() as AddressInfo;
  const client = clientOf([`127.0.0.1:${port}`]);
  expect(await failure(client.ready({ timeoutMs: 300 }))).toMatchObject({ code: 'UNREACHABLE' });
});

test('closing ends every call and closes the session', async () => {
  const { cluster, client } = await setUp(1);
  await client.kv.put('a', '1');
  expect(cluster.sessions).toBe(1);
  cluster.fault = (frame) => (frame.kind === 'query' ? 'ignore' : undefined);
  const get = failure(client.kv.get('a'));
  await client.close();
  expect(await get).toMatchObject({ code: 'CLOSED' });
  expect(await failure(client.kv.get('a'))).toMatchObject({ code: 'CLOSED' });
  expect(cluster.sessions).toBe(0);
  await until('the connection to go', () => cluster.node(1).connections === 0);
});

test('compare-and-set tells how the key stands instead', async () => {
  const { client } = await setUp(1);
  const { revision } = await client.kv.put('a', '1');
  expect(await client.kv.compareAndSet('a', { modRevision: 0 }, 'x')).toMatchObject({
    kind: 'condition-failed',
    current: { modRevision: revision },
  });
  expect(await client.kv.compareAndSet('a', { value: '1' }, '2')).toMatchObject({ kind: 'put', version: 2 });
  expect(await client.kv.compareAndDelete('a', { version: 1 })).toMatchObject({ kind: 'condition-failed' });
  expect(await client.kv.compareAndDelete('a', { version: 2 })).toMatchObject({ kind: 'deleted' });
});

test('a scan reads page after page, in both directions', async () => {
  const { client } = await setUp(1);
  const keys = Array.from({ length: 25 }, (_, at) => `p/${String(at).padStart(2, '0')}`);
  await Promise.all([...keys, 'o', 'q'].map((key) => client.kv.put(key, key)));
  const scan = async (options: { readonly reverse?: boolean }): Promise<string[]> => {
    const found: string[] = [];
    for await (const entry of client.kv.scan({ prefix: 'p/' }, { limit: 4, ...options }))
      found.push(entry.key);
    return found;
  };
  expect(await scan({})).toEqual(keys);
  expect(await scan({ reverse: true })).toEqual(keys.toReversed());
  expect(await client.kv.count({ prefix: 'p/' })).toBe(25);
  expect(await client.kv.deletePrefix('p/')).toEqual({ deleted: 25 });
});

test('status tells of every node, those not given included', async () => {
  const { cluster } = await setUp();
  const client = clientOf([cluster.node(2).address]);
  await cluster.node(3).stop();
  const reports = await client.statusAll({ timeoutMs: 1_000 });
  const told = reports.map((report) => ('status' in report ? report.status.nodeId : report.endpoint));
  expect(told).toEqual([2, 1, cluster.node(3).address]);
});

async function failure(promise: Promise<unknown>): Promise<StoreError> {
  try {
    await promise;
  } catch (error) {
    expect(error).toBeInstanceOf(StoreError);
    return error as StoreError;
  }
  throw new Error('it did not fail');
}
