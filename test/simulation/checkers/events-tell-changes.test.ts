import { expect, test } from 'vitest';
import type { StoreEvent } from '../../../src/machine/command.ts';
import { checkEventsTellChanges } from '../../../src/simulation/checkers/events-tell-changes.ts';
import type { Changed } from '../../../src/simulation/properties/state-follows-log.ts';

type Event = Pick<StoreEvent, 'kind' | 'key' | 'value'>;

function check(machine: string, changes: readonly Changed[], events: readonly Event[]): void {
  const history = {
    entries: new Map([[1, undefined]]),
    changesOf: () => changes,
    eventsOf: () => events.map((event) => ({ ...event, machine, revision: 1 })),
  };
  checkEventsTellChanges(history, machine);
}

const value = Uint8Array.of(7);
const put = { key: 'kv/a', before: [1, 1, 1, value], after: [1, 2, 2, value] };
const gone = { key: 'kv/a', before: [1, 1, 1, value], after: undefined };
const told = { value, createRevision: 1, modRevision: 2, version: 2 };

test('each change with its event is sound', () => {
  check('kv', [put], [{ kind: 'put', key: 'a', value: told }]);
  check('kv', [gone], [{ kind: 'delete', key: 'a', value: {} }]);
  const user = { key: 'shop/u/1', before: undefined, after: { userId: 1, name: 'ada', passwordHash: {} } };
  check('shop', [user], [{ kind: 'user-registered', key: 'user/1', value: { userId: 1, name: 'ada' } }]);
});

test('a heartbeat tells nobody', () => {
  const instance = { id: 'a', status: 'passing' };
  const key = 'registry/i/web/a';
  check('registry', [{ key, before: { instance, deadlineMs: 1 }, after: { instance, deadlineMs: 2 } }], []);
});

test('a change without its event is found', () => {
  expect(() => check('kv', [put], [])).toThrow('no event tells of it');
  const record = { instance: { id: 'a', status: 'passing' }, deadlineMs: 1 };
  const removed = { key: 'registry/i/web/a', before: record, after: undefined };
  expect(() => check('registry', [removed], [])).toThrow('entry 1 of registry, web/a: it changed');
});

test('an event that tells of something else, or of nothing, is found', () => {
  expect(() => check('kv', [put], [{ kind: 'put', key: 'a', value: { ...told, version: 3 } }])).toThrow(
    'its event tells',
  );
  expect(() => check('kv', [gone], [{ kind: 'put', key: 'a', value: {} }])).toThrow('its last event is put');
  expect(() => check('kv', [], [{ kind: 'delete', key: 'a', value: {} }])).toThrow('nothing changed');
});
