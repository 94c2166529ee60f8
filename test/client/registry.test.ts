import { expect, test } from 'vitest';
import { setUp, take, until } from './fixture.ts';

const API = { service: 'api', address: '10.0.0.1', port: 80 };

test('an instance is registered, found and deregistered', async () => {
  const { client } = await setUp(1);
  const events = client.registry.watch({ service: 'api' });
  {
    await using registration = await client.registry.register({ ...API, id: 'one', tags: ['v2'] });
    expect(registration.id).toBe('one');
    expect(await client.registry.lookup('api', { tags: ['v2'] })).toMatchObject([
      { id: 'one', status: 'passing' },
    ]);
    expect(await client.registry.lookup('api', { tags: ['v1'] })).toEqual([]);
    expect(await client.registry.services()).toMatchObject([{ service: 'api', passing: 1, critical: 0 }]);
  }
  expect(await client.registry.lookup('api')).toEqual([]);
  expect((await take(events, 2)).map(({ kind, reason }) => [kind, reason])).toEqual([
    ['register', undefined],
    ['deregister', 'requested'],
  ]);
});

test('heartbeats come by themselves, and bring a forgotten instance back', async () => {
  const { cluster, client } = await setUp(1);
  const registration = await client.registry.register({ ...API, id: 'one', ttlMs: 1_000 });
  const beats = (): number =>
    cluster.seen.filter(({ frame }) => frame.kind === 'command' && kindOf(frame.body) === 'heartbeat').length;
  await until('a heartbeat', () => beats() >= 1);
  await client.registry.deregister('api', 'one');
  const registered = (): number =>
    cluster.seen.filter(({ frame }) => frame.kind === 'command' && kindOf(frame.body) === 'register').length;
  await until('the registration again', () => registered() === 2);
  await until('the instance', () => registration.lastError === undefined);
  expect(await client.registry.lookup('api')).toHaveLength(1);
  await registration.close();
  expect(await client.registry.lookup('api')).toEqual([]);
});

test('what is unknown is told as such', async () => {
  const { client } = await setUp(1);
  expect(await client.registry.heartbeat('api', 'nobody')).toEqual({ known: false, recovered: false });
  expect(await client.registry.deregister('api', 'nobody')).toBe(false);
});

test('more instances than one answer holds are all found', async () => {
  const { client } = await setUp(1);
  const ids = Array.from({ length: 1_100 }, (_, at) => `i${String(at).padStart(4, '0')}`);
  await Promise.all(ids.map((id) => client.registry.registerOnce({ ...API, id })));
  const found = await client.registry.lookup('api');
  expect(found.map(({ id }) => id)).toEqual(ids);
});

function kindOf(body: unknown): unknown {
  return (body as { readonly kind?: unknown }).kind;
}
