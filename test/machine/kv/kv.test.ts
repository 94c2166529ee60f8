import fc from 'fast-check';
import { expect, test } from 'vitest';
import { eventsFrom } from '../../../src/machine/history.ts';
import { createKv } from '../../../src/machine/kv/kv.ts';
import { KEY_BYTES_MAX, RANGE_BYTES_MAX } from '../../../src/machine/kv/kv-limits.ts';
import type {
  KvAnswer,
  KvCommand,
  KvEntry,
  KvExpectation,
  KvQueryRequest,
  KvRecord,
  KvResult,
} from '../../../src/machine/kv/kv-types.ts';
import { DELETE_RANGE_MAX } from '../../../src/machine/limits.ts';
import { all, Store } from '../store.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

const keys = fc.string({ unit: fc.constantFrom('a', 'b', '\u0000', '\u00ff'), minLength: 1, maxLength: 3 });
const prefixes = fc.string({ unit: fc.constantFrom('a', 'b', '\u00ff'), maxLength: 2 });
const values = fc.uint8Array({ maxLength: 2 });
const expectations = fc
  .record({ modRevision: fc.nat(20), version: fc.nat(3), value: values }, { requiredKeys: [] })
  .filter((expect) => Object.keys(expect).length > 0);
const commands: fc.Arbitrary<KvCommand> = fc.oneof(
  fc.record({ kind: fc.constant('put' as const), key: keys, value: values }),
  fc.record({
    kind: fc.constant('put' as const),
    key: keys,
    value: values,
    previous: fc.boolean(),
    expect: expectations,
  }),
  fc.record({
    kind: fc.constant('compare-and-set' as const),
    key: keys,
    value: values,
    expect: expectations,
  }),
  fc.record({ kind: fc.constant('delete' as const), key: keys, previous: fc.boolean() }),
  fc.record({ kind: fc.constant('delete' as const), key: keys, expect: expectations }),
  fc.record({ kind: fc.constant('delete-range' as const), from: prefixes, to: keys }),
  fc.record({ kind: fc.constant('delete-prefix' as const), prefix: prefixes }),
);

type Model = Map<string, KvRecord>;

function expected(model: Model, command: KvCommand, next: number): KvResult {
  const remove = (chosen: (key: string) => boolean): KvResult => {
    const due = [...model.keys()].filter(chosen);
    for (const key of due) model.delete(key);
    return { kind: 'delete-range', deleted: due.length, more: false };
  };
  if (command.kind === 'delete-range') {
    return remove((key) => key >= command.from && (command.to === undefined || key < command.to));
  }
  if (command.kind === 'delete-prefix') return remove((key) => key.startsWith(command.prefix));
  const before = model.get(command.key);
  if (command.expect !== undefined && !fits(command.expect, before)) {
    return before === undefined
      ? { kind: 'condition-failed' }
      : { kind: 'condition-failed', current: before };
  }
  const previous =
    'previous' in command && command.previous && before !== undefined ? { previous: before } : {};
  if (command.kind === 'delete') {
    return { kind: 'delete', deleted: model.delete(command.key) ? 1 : 0, ...previous };
  }
  const createRevision = before?.createRevision ?? next;
  const version = (before?.version ?? 0) + 1;
  model.set(command.key, { value: command.value, createRevision, modRevision: next, version });
  return { kind: 'put', revision: next, createRevision, version, ...previous };
}

function fits(expect: KvExpectation, record: KvRecord | undefined): boolean {
  return (
    (expect.modRevision ?? record?.modRevision ?? 0) === (record?.modRevision ?? 0) &&
    (expect.version ?? record?.version ?? 0) === (record?.version ?? 0) &&
    (expect.value === undefined || (record !== undefined && Buffer.compare(expect.value, record.value) === 0))
  );
}

function entries(model: Model): KvEntry[] {
  return [...model]
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([key, record]) => ({ key, ...record }));
}

function range(
  store: Store,
  query: Omit<Extract<KvQueryRequest, { kind: 'range' }>, 'kind'>,
): Extract<KvAnswer, { kind: 'range' }> {
  return store.ask('kv', { kind: 'range', ...query });
}

test('every command gives what a map would give, and its events tell every change', () => {
  fc.assert(
    fc.property(fc.array(commands, { maxLength: 40 }), fc.nat(40), (list, restartAt) => {
      const store = new Store([createKv()]);
      const model: Model = new Map();
      const watched: Model = new Map();
      list.forEach((command, at) => {
        if (at === restartAt) store.restart();
        const before = store.revision;
        const was = new Map(model);
        const wanted = expected(model, command, before + 1);
        expect(store.run('kv', command)).toEqual(wanted);
        const changed = new Set(
          [...was.keys(), ...model.keys()].filter((key) => was.get(key) !== model.get(key)),
        );
        expect(store.revision).toBe(before + (changed.size > 0 ? 1 : 0));
        const events = eventsFrom(store.tree, before + 1, Infinity);
        expect(new Set(events.map(({ key }) => key))).toEqual(changed);
        for (const { kind, key, value } of events) {
          if (kind === 'put') watched.set(key, value as KvRecord);
          else watched.delete(key);
        }
      });
      expect(range(store, { prefix: '' }).entries).toEqual(entries(model));
      expect(entries(watched)).toEqual(entries(model));
      for (const entry of entries(model)) {
        expect(store.ask('kv', { kind: 'get', key: entry.key })).toEqual({ kind: 'get', entry });
      }
    }),
  );
});

test('a range answers what a sorted list holds, page by page', () => {
  const puts = fc.array(fc.tuple(keys, values), { maxLength: 40 });
  const bounds = fc.oneof(
    fc.record({ prefix: prefixes }),
    fc.record({ from: prefixes }),
    fc.record({ from: keys, to: keys }),
  );
  fc.assert(
    fc.property(puts, bounds, fc.integer({ min: 1, max: 8 }), fc.boolean(), (list, bound, limit, reverse) => {
      const store = new Store([createKv()]);
      for (const [key, value] of list) store.run('kv', { kind: 'put', key, value });
      const within = range(store, { prefix: '' }).entries.filter(({ key }) =>
        'prefix' in bound
          ? key.startsWith(bound.prefix)
          : key >= bound.from && (!('to' in bound) || key < bound.to),
      );
      const wanted = reverse ? within.toReversed() : within;
      const answer = range(store, { ...bound, limit, reverse });
      expect(answer).toEqual({
        kind: 'range',
        entries: wanted.slice(0, limit),
        count: Math.min(limit, wanted.length),
        more: wanted.length > limit,
      });
      expect(range(store, { ...bound, countOnly: true })).toMatchObject({
        entries: [],
        count: within.length,
        more: false,
      });
      const bare = range(store, { ...bound, keysOnly: true }).entries;
      expect(bare).toEqual(within.map((entry) => ({ ...entry, value: new Uint8Array(0) })));
    }),
  );
});

test('an answer is bounded in bytes, but holds one entry at least', () => {
  const store = new Store([createKv({ valueBytesMax: 4 * 1024 * 1024 })]);
  const put = (key: string, length: number): unknown =>
    store.run('kv', { kind: 'put', key, value: new Uint8Array(length) });
  put('a', RANGE_BYTES_MAX + 1);
  put('b', RANGE_BYTES_MAX / 2);
  put('c', RANGE_BYTES_MAX / 2);
  expect(range(store, { prefix: '' })).toMatchObject({ count: 1, more: true });
  expect(range(store, { from: 'b' })).toMatchObject({ count: 1, more: true });
  expect(range(store, { from: 'c' })).toMatchObject({ count: 1, more: false });
  expect(range(store, { prefix: '', keysOnly: true })).toMatchObject({ count: 3, more: false });
});

test('a large range is deleted in bounded steps', () => {
  const store = new Store([createKv()]);
  for (let at = 0; at < DELETE_RANGE_MAX + 5; at++)
    store.run('kv', { kind: 'put', key: `k${at}`, value: bytes('') });
  const revision = store.revision;
  expect(store.run('kv', { kind: 'delete-prefix', prefix: 'k' })).toEqual({
    kind: 'delete-range',
    deleted: DELETE_RANGE_MAX,
    more: true,
  });
  expect(store.run('kv', { kind: 'delete-prefix', prefix: '' })).toEqual({
    kind: 'delete-range',
    deleted: 5,
    more: false,
  });
  expect(store.run('kv', { kind: 'delete-range', from: '' })).toEqual({
    kind: 'delete-range',
    deleted: 0,
    more: false,
  });
  expect(store.revision).toBe(revision + 2);
});

test('equal commands make equal records, also when one node restarts on the way', () => {
  fc.assert(
    fc.property(fc.array(commands, { maxLength: 30 }), fc.nat(30), (list, restartAt) => {
      const left = new Store([createKv()]);
      const right = new Store([createKv()]);
      list.forEach((command, at) => {
        if (at === restartAt) right.restart();
        expect(right.outcome('kv', command)).toEqual(left.outcome('kv', command));
      });
      expect(all(right.tree)).toEqual(all(left.tree));
      expect(right.tree.bytes).toBe(left.tree.bytes);
    }),
  );
});

test('what is no command or query is refused with the field and a code', () => {
  const kv = createKv({ valueBytesMax: 10 });
  const value = bytes('v');
  const refuse = (body: unknown): string => {
    const parsed = kv.parseCommand(body);
    return parsed.kind === 'parsed' ? 'parsed' : `${parsed.code}: ${parsed.message}`;
  };
  const ask = (body: unknown): string => {
    const parsed = kv.parseQuery(body);
    return parsed.kind === 'parsed' ? 'parsed' : `${parsed.code}: ${parsed.message}`;
  };
  const put = { kind: 'put', key: 'k', value };
  expect([
    refuse(put),
    refuse(undefined),
    refuse([]),
    refuse({ kind: 'toString' }),
    refuse({ ...put, key: '' }),
    refuse({ ...put, key: 'x'.repeat(KEY_BYTES_MAX + 1) }),
    refuse({ ...put, key: 'ключ' }),
    refuse({ ...put, key: 7 }),
    refuse({ ...put, value: 'text' }),
    refuse({ kind: 'put', key: 'k' }),
    refuse({ ...put, value: new Uint8Array(11) }),
    refuse({ ...put, lease: 1 }),
    refuse({ ...put, expect: {} }),
    refuse({ ...put, expect: { modRevision: -1 } }),
    refuse({ ...put, expect: { revision: 1 } }),
    refuse({ ...put, previous: 1 }),
    refuse({ ...put, kind: 'compare-and-set' }),
    refuse({ kind: 'delete-range' }),
    ask({ kind: 'get' }),
    ask({ kind: 'range', prefix: 'a', from: 'b' }),
    ask({ kind: 'range', prefix: 'a', limit: 0 }),
    ask({ kind: 'range', prefix: 'a', limit: 1.5 }),
    ask({ kind: 'range' }),
  ]).toMatchInlineSnapshot(`
    [
      "parsed",
      "BAD_REQUEST: the kind of a kv command must be one of put, compare-and-set, delete, delete-range, delete-prefix",
      "BAD_REQUEST: the kind of a kv command must be one of put, compare-and-set, delete, delete-range, delete-prefix",
      "BAD_REQUEST: the kind of a kv command must be one of put, compare-and-set, delete, delete-range, delete-prefix",
      "KEY_INVALID: put.key must hold 1 to 65536 bytes, not 0",
      "KEY_INVALID: put.key must hold 1 to 65536 bytes, not 65537",
      "KEY_INVALID: put.key must hold one byte per character",
      "KEY_INVALID: put.key must be a string",
      "BAD_REQUEST: put.value must be bytes",
      "BAD_REQUEST: put.value must be bytes",
      "VALUE_TOO_LARGE: put.value holds 11 bytes of at most 10",
      "BAD_REQUEST: put has no field "lease"",
      "BAD_REQUEST: expect must hold modRevision, version or value",
      "BAD_REQUEST: put.expect.modRevision must be a whole number from 0 to 9007199254740991",
      "BAD_REQUEST: expect must hold modRevision, version or value",
      "BAD_REQUEST: put.previous must be true or false",
      "BAD_REQUEST: compare-and-set.expect must be an object",
      "KEY_INVALID: delete-range.from must be a string",
      "KEY_INVALID: get.key must be a string",
      "BAD_REQUEST: range.prefix goes without range.from and range.to",
      "BAD_REQUEST: range.limit must be a whole number from 1 to 10000",
      "BAD_REQUEST: range.limit must be a whole number from 1 to 10000",
      "KEY_INVALID: range.from must be a string",
    ]
  `);
});

test('whatever comes in is either refused or parsed into itself', () => {
  const kv = createKv();
  fc.assert(
    fc.property(fc.anything(), (anything) => {
      expect(kv.parseCommand(anything).kind).toBe('malformed');
      expect(kv.parseQuery(anything).kind).toBe('malformed');
    }),
  );
  fc.assert(
    fc.property(commands, (command) => {
      const parsed = kv.parseCommand(command);
      expect(parsed).toEqual({ kind: 'parsed', value: command });
      expect(parsed.kind === 'parsed' && parsed.value !== command).toBe(true);
    }),
  );
});
