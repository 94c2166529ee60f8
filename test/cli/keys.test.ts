import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { setUp, until } from '../client/fixture.ts';
import { run, start } from './run-cli.ts';

test('put prints the revision, get the very bytes', async () => {
  const { cluster } = await setUp();
  const { endpoints } = cluster;
  expect(await run(['put', 'a', '1'], { endpoints })).toEqual({
    status: 0,
    stdout: 'revision 1\n',
    stderr: '',
  });
  expect(await run(['get', 'a'], { endpoints })).toEqual({ status: 0, stdout: '1', stderr: '' });
  expect(cluster.sessions).toBe(0);
});

test('put reads a value from standard input and from a file, and takes -- before one with a dash', async () => {
  const { cluster, client } = await setUp(1);
  const { endpoints } = cluster;
  const bytes = Uint8Array.from([0, 255, 10, 13]);
  const directory = await mkdtemp(join(tmpdir(), 'kvorum-cli-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  await writeFile(join(directory, 'value'), bytes);
  expect(await run(['put', 'a', '-'], { endpoints, input: bytes })).toMatchObject({ status: 0 });
  expect(await run(['put', 'b', `@${join(directory, 'value')}`], { endpoints })).toMatchObject({ status: 0 });
  expect(await run(['put', 'c', '--', '-5'], { endpoints })).toMatchObject({ status: 0 });
  expect((await client.kv.get('a'))?.value).toEqual(bytes);
  expect((await client.kv.get('b'))?.value).toEqual(bytes);
  expect((await client.kv.get('c'))?.text()).toBe('-5');
  expect((await run(['get', 'a'], { endpoints })).stdout).toBe('\0ÿ\n\r');
  expect(JSON.parse((await run(['get', 'a', '--json'], { endpoints })).stdout)).toEqual({
    key: 'a',
    value: { base64: 'AP8KDQ==' },
    createRevision: 1,
    modRevision: 1,
    version: 1,
    storeRevision: 3,
  });
});

test('a missing key is a note and status 1', async () => {
  const { cluster } = await setUp(1);
  const { endpoints } = cluster;
  const plain = await run(['get', 'nope'], { endpoints });
  expect(plain).toEqual({ status: 1, stdout: '', stderr: 'error: there is no key "nope" (NOT_FOUND)\n' });
  const json = await run(['get', 'nope', '--json'], { endpoints });
  expect(json).toMatchObject({ status: 1, stdout: '' });
  expect(JSON.parse(json.stderr)).toMatchObject({ error: { code: 'NOT_FOUND', outcome: 'not-applied' } });
  expect(await run(['delete', 'nope'], { endpoints })).toMatchObject({ status: 1 });
});

test('a prefix gives a table, JSON or bare keys', async () => {
  const { cluster, client } = await setUp(1);
  const { endpoints } = cluster;
  await client.kv.put('u/ada', 'first');
  await client.kv.put('u/bob', 'two\nlines');
  await client.kv.put('v', 'x');
  expect((await run(['get', '--prefix', 'u/'], { endpoints })).stdout).toBe(
    'KEY    VALUE         REVISION\nu/ada  first         1\nu/bob  "two\\nlines"  2\n',
  );
  expect((await run(['get', '--prefix', '', '--keys', '--limit', '2'], { endpoints })).stdout).toBe(
    'u/ada\nu/bob\n',
  );
  const { entries } = JSON.parse((await run(['get', '--prefix', 'u/', '--json'], { endpoints })).stdout) as {
    readonly entries: readonly unknown[];
  };
  expect(entries).toEqual([
    { key: 'u/ada', value: 'first', createRevision: 1, modRevision: 1, version: 1 },
    { key: 'u/bob', value: 'two\nlines', createRevision: 2, modRevision: 2, version: 1 },
  ]);
  expect(await run(['delete', '--prefix', 'u/'], { endpoints })).toMatchObject({
    status: 0,
    stdout: 'deleted 2\n',
  });
});

test('a condition that does not hold is status 1, and changes nothing', async () => {
  const { cluster, client } = await setUp(1);
  const { endpoints } = cluster;
  await client.kv.put('a', '1');
  const failed = await run(['put', 'a', '2', '--if-rev', '0'], { endpoints });
  expect(failed).toMatchObject({ status: 1, stdout: '' });
  expect(failed.stderr).toContain('was last changed at revision 1');
  expect(await run(['put', 'a', '2', '--if-rev', '1'], { endpoints })).toMatchObject({ status: 0 });
  expect(await run(['delete', 'a', '--if-rev', '1'], { endpoints })).toMatchObject({ status: 1 });
});

test('a stale read works without a leader, any other one says what is wrong', async () => {
  const { cluster, client } = await setUp();
  const { endpoints } = cluster;
  await client.kv.put('a', '1');
  await client.close();
  cluster.leader = undefined;
  expect(await run(['get', 'a', '--stale'], { endpoints })).toMatchObject({ status: 0, stdout: '1' });
  const refused = await run(['get', 'a', '--timeout', '300ms'], { endpoints });
  expect(refused).toMatchObject({ status: 3, stdout: '' });
  expect(refused.stderr).toContain('(NO_LEADER)');
});

test('an unreachable cluster is status 3, a put without a reply 4, told with what to do', async () => {
  const options = ['--timeout', '200ms', '--endpoints', '127.0.0.1:1'];
  const unreachable = await run(['get', 'a', ...options]);
  expect(unreachable.status).toBe(3);
  expect(unreachable.stderr).toMatch(/^error: .*connection refused \(UNREACHABLE\)\nCheck the endpoints/);
  const { cluster } = await setUp(1);
  cluster.fault = (frame) => (frame.kind === 'command' && frame.machine === 'kv' ? 'mute' : undefined);
  const unknown = await run(['put', 'a', '1', '--timeout', '300ms', '--json'], {
    endpoints: cluster.endpoints,
  });
  expect(unknown.status).toBe(4);
  expect(JSON.parse(unknown.stderr)).toMatchObject({ error: { code: 'TIMEOUT', outcome: 'unknown' } });
});

test('a watch prints each event at once, goes on over a crash, and ends with Ctrl-C', async () => {
  const { cluster, client } = await setUp();
  await client.kv.put('w/0', 'before');
  const watch = start(['watch', '--prefix', 'w/', '--from-rev', '1'], { endpoints: cluster.endpoints });
  await until('the first event', () => watch.stdout().includes('before'));
  await client.kv.put('w/1', 'now');
  await until('the second event', () => watch.stdout().includes('now'));
  cluster.leader = 2;
  await cluster.node(1).stop();
  await client.kv.delete('w/1');
  await until('the third event', () => watch.stdout().includes('DELETE'));
  watch.process.kill('SIGINT');
  const { status, stdout, stderr } = await watch.ended;
  expect(status).toBe(130);
  expect(stdout).toBe('PUT w/0 rev=1 before\nPUT w/1 rev=2 now\nDELETE w/1 rev=3\n');
  expect(stderr).toContain('looking for the leader');
  expect(stderr).toContain(`watching again, at ${cluster.node(2).address}`);
});

test('a watch as JSON has an object on each line', async () => {
  const { cluster, client } = await setUp(1);
  await client.kv.put('a', Uint8Array.from([255]));
  await client.kv.delete('a');
  const watch = start(['watch', 'a', '--from-rev', '1', '--json'], { endpoints: cluster.endpoints });
  await until('the events', () => watch.stdout().includes('delete'));
  watch.process.kill('SIGINT');
  const { stdout } = await watch.ended;
  expect(
    stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown),
  ).toEqual([
    { kind: 'put', key: 'a', revision: 1, version: 1, value: { base64: '/w==' } },
    { kind: 'delete', key: 'a', revision: 2, version: 1 },
  ]);
});

test('a compacted revision is status 6', async () => {
  const { cluster } = await setUp(1);
  cluster.fault = (frame) => (frame.kind === 'watch' ? 'REVISION_COMPACTED' : undefined);
  const { status, stderr } = await run(['watch', 'a', '--from-rev', '1'], { endpoints: cluster.endpoints });
  expect(status).toBe(6);
  expect(stderr).toContain('(REVISION_COMPACTED)\nRead the current state');
});

test('a reader that goes away ends a watch quietly', async () => {
  const { cluster, client } = await setUp(1);
  const watch = start(['watch', '--prefix', '', '--from-rev', '1'], { endpoints: cluster.endpoints });
  watch.process.stdout.destroy();
  await client.kv.put('a', '1');
  await until('the end of the watch', () => watch.process.exitCode !== null);
  expect(watch.process.exitCode).toBe(0);
  expect(watch.stderr()).toBe('');
});

test('Ctrl-C while the cluster is looked for is status 130', async () => {
  const get = start(['get', 'a', '--timeout', '60s', '--endpoints', '127.0.0.1:1']);
  await until('a note', () => get.stderr().includes('still looking for the leader'));
  get.process.kill('SIGINT');
  expect(await get.ended).toMatchObject({ status: 130, stdout: '' });
});

test('status is a table of all nodes; none reachable is status 3', async () => {
  const { cluster } = await setUp();
  await cluster.node(3).stop();
  const { status, stdout } = await run(['status'], { endpoints: cluster.endpoints });
  expect(status).toBe(0);
  const [head = '', ...rows] = stdout.trimEnd().split('\n');
  expect(head).toMatch(/^NODE {2,}ENDPOINT {2,}ROLE/);
  expect(rows.map((row) => row.split(/ {2,}/).slice(0, 3))).toEqual([
    ['n1', cluster.node(1).address, 'leader'],
    ['n2', cluster.node(2).address, 'follower'],
    ['-', cluster.node(3).address, 'unreachable'],
  ]);
  const json = await run(['status', '--json'], { endpoints: cluster.endpoints });
  expect(JSON.parse(json.stdout)).toMatchObject({
    leader: 1,
    nodes: [
      { reachable: true, nodeId: 1 },
      { reachable: true },
      { reachable: false, error: { code: 'UNREACHABLE' } },
    ],
  });
  expect(await run(['status', '--endpoints', '127.0.0.1:1'])).toMatchObject({ status: 3 });
});
