import fc from 'fast-check';
import { expect, test } from 'vitest';
import { eventsFrom } from '../../../src/machine/history.ts';
import { EXPIRE_RECORDS_MAX } from '../../../src/machine/limits.ts';
import { registry } from '../../../src/machine/registry/registry.ts';
import type {
  RegisterRequest,
  RegistryAnswer,
  RegistryQueryRequest,
  ServiceInstance,
} from '../../../src/machine/registry/registry-types.ts';
import { all, Store } from '../store.ts';

function request(service: string, id: string, more: Partial<RegisterRequest> = {}): RegisterRequest {
  return {
    kind: 'register',
    service,
    id,
    address: '10.0.0.1',
    port: 8080,
    ttlMs: 1000,
    deregisterAfterMs: 2000,
    ...more,
  };
}

function lookup(
  store: Store,
  query: Omit<Extract<RegistryQueryRequest, { kind: 'lookup' }>, 'kind'>,
): readonly ServiceInstance[] {
  const answer = store.ask<RegistryAnswer>('registry', { kind: 'lookup', ...query });
  return answer.kind === 'lookup' ? answer.instances : [];
}

function told(store: Store, fromRevision: number): string[] {
  return eventsFrom(store.tree, fromRevision, Infinity).map(({ kind, key }) => `${kind} ${key}`);
}

test('an instance passes, becomes critical, comes back, becomes critical again and is removed, by log time', () => {
  const store = new Store([registry]);
  const clock = (ms: number): void => {
    store.timeMs += ms;
    store.applyRaw('clock', null, undefined);
  };
  const status = (): string | undefined => lookup(store, { service: 'web' })[0]?.status;
  const heartbeat = { kind: 'heartbeat', service: 'web', id: 'a' };
  expect(store.run('registry', request('web', 'a'))).toEqual({ kind: 'registered', replaced: false });
  expect(store.root.nextDeadlineMs(store.tree)).toBe(store.timeMs + 1000);
  clock(999);
  expect(status()).toBe('passing');
  expect(store.run('registry', heartbeat)).toEqual({ kind: 'alive', recovered: false });
  expect(store.revision).toBe(1);
  clock(999);
  expect(status()).toBe('passing');
  clock(1);
  expect(status()).toBe('critical');
  clock(1500);
  expect(store.run('registry', heartbeat)).toEqual({ kind: 'alive', recovered: true });
  expect(status()).toBe('passing');
  clock(1000);
  expect(status()).toBe('critical');
  clock(1999);
  expect(status()).toBe('critical');
  clock(1);
  expect(status()).toBeUndefined();
  expect(store.run('registry', heartbeat)).toEqual({ kind: 'unknown-instance' });
  expect(told(store, 1)).toEqual([
    'register web/a',
    'critical web/a',
    'passing web/a',
    'critical web/a',
    'deregister web/a',
  ]);
  expect(all(store.tree).filter(([key]) => key.startsWith('registry/'))).toEqual([['registry/n', 0]]);
});

test('the registry is what a simple list with deadlines would be', () => {
  const names = fc.record({ service: fc.constantFrom('a', 'a-b', 'a0'), id: fc.constantFrom('1', '2') });
  const steps = fc.array(
    fc.oneof(
      fc.record({
        kind: fc.constant('register' as const),
        name: names,
        ttlMs: fc.integer({ min: 1000, max: 3000 }),
      }),
      fc.record({ kind: fc.constant('deregister' as const), name: names }),
      fc.record({ kind: fc.constant('heartbeat' as const), name: names }),
      fc.record({ kind: fc.constant('pass' as const), ms: fc.nat(1500) }),
      fc.record({ kind: fc.constant('restart' as const) }),
    ),
    { maxLength: 60 },
  );
  interface Known {
    readonly ttlMs: number;
    status: string;
    deadlineMs: number;
  }
  fc.assert(
    fc.property(steps, (list) => {
      const store = new Store([registry]);
      const model = new Map<string, Known>();
      for (const step of list) {
        if (step.kind === 'restart') store.restart();
        if (step.kind === 'pass') {
          store.timeMs += step.ms;
          store.applyRaw('clock', null, undefined);
          for (const [key, known] of model) {
            if (known.deadlineMs > store.timeMs) continue;
            if (known.status === 'critical') model.delete(key);
            known.status = 'critical';
            known.deadlineMs = store.timeMs + 2000;
          }
        }
        if (step.kind === 'register' || step.kind === 'deregister' || step.kind === 'heartbeat') {
          const { service, id } = step.name;
          const key = `${service}/${id}`;
          const known = model.get(key);
          if (step.kind === 'register') {
            const { ttlMs } = step;
            expect(store.run('registry', request(service, id, { ttlMs }))).toEqual({
              kind: 'registered',
              replaced: known !== undefined,
            });
            model.set(key, { ttlMs, status: 'passing', deadlineMs: store.timeMs + ttlMs });
          } else {
            const revision = store.revision;
            const result = store.run('registry', { kind: step.kind, service, id });
            if (known === undefined) expect(result).toEqual({ kind: 'unknown-instance' });
            else if (step.kind === 'deregister') model.delete(key);
            else {
              const recovered = known.status === 'critical';
              expect(result).toEqual({ kind: 'alive', recovered });
              expect(store.revision).toBe(revision + (recovered ? 1 : 0));
              known.status = 'passing';
              known.deadlineMs = store.timeMs + known.ttlMs;
            }
          }
        }
      }
      for (const service of ['a', 'a-b', 'a0']) {
        const found = lookup(store, { service }).map(
          ({ id, status }) => [`${service}/${id}`, status] as const,
        );
        const wanted = [...model]
          .filter(([key]) => key.startsWith(`${service}/`))
          .map(([key, { status }]) => [key, status] as const);
        expect(new Map(found)).toEqual(new Map(wanted));
      }
      expect(store.tree.get('registry/n') ?? 0).toBe(model.size);
      expect(all(store.tree).filter(([key]) => key.startsWith('registry/d/')).length).toBe(model.size);
    }),
  );
});

test('a lookup selects by tags, metadata and health, page by page', () => {
  const store = new Store([registry]);
  store.run('registry', request('web', 'a', { tags: ['v1', 'eu', 'v1'], meta: { zone: '1' } }));
  store.run('registry', request('web', 'b', { tags: ['v2', 'eu'], meta: { zone: '2' } }));
  store.timeMs += 500;
  store.run('registry', request('web', 'c', { tags: ['v2'], meta: { zone: '2', constructor: 'x' } }));
  store.run('registry', request('webx', 'd'));
  store.timeMs += 500;
  store.run('registry', { kind: 'heartbeat', service: 'web', id: 'c' });
  const ids = (query: Omit<Extract<RegistryQueryRequest, { kind: 'lookup' }>, 'kind' | 'service'>): string =>
    lookup(store, { service: 'web', ...query })
      .map(({ id }) => id)
      .join('');
  expect(ids({})).toBe('abc');
  expect(lookup(store, { service: 'web' })[0]?.tags).toEqual(['v1', 'eu']);
  expect(ids({ tags: ['v2'] })).toBe('bc');
  expect(ids({ tags: ['v2', 'eu'] })).toBe('b');
  expect(ids({ meta: { zone: '2' } })).toBe('bc');
  expect(ids({ meta: { toString: 'x' } })).toBe('');
  expect(ids({ passingOnly: true })).toBe('c');
  expect(ids({ after: 'a', limit: 1 })).toBe('b');
  expect(store.ask('registry', { kind: 'lookup', service: 'web', limit: 3 })).toMatchObject({ more: false });
  expect(store.ask('registry', { kind: 'lookup', service: 'web', limit: 2 })).toMatchObject({ more: true });
  expect(store.ask('registry', { kind: 'services' })).toEqual({
    kind: 'services',
    services: [
      { service: 'web', passing: 1, critical: 2, tags: ['eu', 'v1', 'v2'] },
      { service: 'webx', passing: 1, critical: 0, tags: [] },
    ],
    more: false,
  });
  expect(store.ask('registry', { kind: 'services', limit: 1 })).toMatchObject({
    services: [{ service: 'web' }],
    more: true,
  });
  expect(store.ask('registry', { kind: 'services', after: 'web' })).toMatchObject({
    services: [{ service: 'webx' }],
    more: false,
  });
});

test('a mass expiry happens in bounded steps', () => {
  const store = new Store([registry]);
  const count = EXPIRE_RECORDS_MAX + 10;
  for (let at = 0; at < count; at++) store.run('registry', request('web', `i${at}`));
  store.timeMs += 1000;
  const revision = store.revision;
  store.applyRaw('clock', null, undefined);
  expect(told(store, revision + 1).length).toBe(EXPIRE_RECORDS_MAX);
  expect(store.root.nextDeadlineMs(store.tree)).toBeLessThanOrEqual(store.timeMs);
  store.applyRaw('clock', null, undefined);
  expect(told(store, revision + 1).length).toBe(count);
  expect(store.root.nextDeadlineMs(store.tree)).toBe(store.timeMs + 2000);
});

test('what is no registration is refused with the field', () => {
  const good = request('web', 'a');
  const refuse = (more: object): string => {
    const parsed = registry.parseCommand({ ...good, ...more });
    return parsed.kind === 'parsed' ? 'parsed' : parsed.message;
  };
  expect([
    refuse({}),
    refuse({ service: 'a/b' }),
    refuse({ id: '' }),
    refuse({ id: 'x'.repeat(129) }),
    refuse({ address: 'a b' }),
    refuse({ port: 0 }),
    refuse({ port: '80' }),
    refuse({ tags: 'v1' }),
    refuse({ tags: [''] }),
    refuse({ tags: ['\ud800'] }),
    refuse({ tags: Array.from({ length: 65 }, String) }),
    refuse({ meta: [] }),
    refuse({ meta: { zone: 1 } }),
    refuse({ meta: JSON.parse('{"__proto__": "x"}') as unknown }),
    refuse({ ttlMs: 999 }),
    refuse({ deregisterAfterMs: -1 }),
    refuse({ status: 'passing' }),
  ]).toMatchInlineSnapshot(`
    [
      "parsed",
      "register.service must be letters, digits, dots, dashes and underscores, with a letter or digit first",
      "register.id must hold 1 to 128 characters, not 0",
      "register.id must hold 1 to 128 characters, not 129",
      "register.address must be a host name or an IP address",
      "register.port must be a whole number from 1 to 65535",
      "register.port must be a whole number from 1 to 65535",
      "register.tags must be a list",
      "register.tags[0] must hold 1 to 128 characters, not 0",
      "register.tags[0] holds half a character",
      "register.tags holds 65 items of at most 64",
      "register.meta must be an object",
      "register.meta.zone must be a string",
      "a name in register.meta must be letters, digits, dots, dashes and underscores, with a letter or digit first",
      "register.ttlMs must be a whole number from 1000 to 86400000",
      "register.deregisterAfterMs must be a whole number from 1000 to 604800000",
      "register has no field "status"",
    ]
  `);
});
