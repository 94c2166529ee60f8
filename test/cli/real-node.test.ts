import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { clientOf, take } from '../client/fixture.ts';
import { run, start } from './run-cli.ts';
import type { Running } from './run-cli.ts';

test('a real node keeps what the command line put, over a SIGKILL; a client in between notices nothing', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'kvorum-cli-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const address = `127.0.0.1:${await freePort()}`;
  const endpoints = [address];
  const startNode = (): Running =>
    start(['node', '--id', '1', '--members', `1=${address}`, '--cluster-id', 'cli-test', '--dir', directory]);
  const first = startNode();
  expect(await run(['put', 'a', '1', '--timeout', '20s'], { endpoints })).toMatchObject({ status: 0 });
  const client = clientOf(endpoints, { timeoutMs: 20_000 });
  const watch = client.watch({ key: 'a', fromRevision: 1 });
  expect(await client.kv.put('a', '2')).toMatchObject({ version: 2 });
  const killed = once(first.process, 'exit');
  first.process.kill('SIGKILL');
  await killed;
  const put = client.kv.put('a', '3');
  startNode();
  expect(await put).toMatchObject({ version: 3 });
  expect((await take(watch, 3)).map((event) => event.text())).toEqual(['1', '2', '3']);
  expect(await run(['get', 'a', '--timeout', '20s'], { endpoints })).toMatchObject({
    status: 0,
    stdout: '3',
  });
  const status = await run(['status', '--json'], { endpoints });
  expect(JSON.parse(status.stdout)).toMatchObject({ leader: 1, nodes: [{ nodeId: 1, role: 'leader' }] });
}, 60_000);

test('a registration survives the node, and services and the shop work on a real one', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'kvorum-cli-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const address = `127.0.0.1:${await freePort()}`;
  start(['node', '--id', '1', '--members', `1=${address}`, '--cluster-id', 'cli-test', '--dir', directory]);
  const client = clientOf([address], { timeoutMs: 20_000 });
  const events = client.registry.watch();
  await client.ready();
  const registration = await client.registry.register({ service: 'api', address: 'h', port: 1, id: 'one' });
  expect(await client.registry.services()).toMatchObject([{ service: 'api', passing: 1 }]);
  await registration.close();
  expect((await take(events, 2)).map(({ kind }) => kind)).toEqual(['register', 'deregister']);
  await client.shop.users.register({ name: 'ada', email: 'a@example.org', password: 'secret' });
  expect(await client.shop.users.login('ada', 'secret')).toMatchObject({ name: 'ada' });
  expect(await client.shop.users.login('ada', 'Secret')).toBeUndefined();
  await client.close();
}, 60_000);

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => {
    server.close(resolve);
  });
  return port;
}
