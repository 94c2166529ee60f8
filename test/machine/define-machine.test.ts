import { expect, test } from 'vitest';
import { defineMachine } from '../../src/machine/define-machine.ts';
import { eventsFrom } from '../../src/machine/history.ts';
import type { Fields } from '../../src/machine/parse.ts';
import { Store } from './store.ts';

const counter = defineMachine({
  name: 'counter',
  commands: {
    add: {
      parse: (fields: Fields) => ({
        name: fields.key('name', { min: 1, max: 100 }),
        by: fields.integer('by', { min: -1000, max: 1000 }),
      }),
      apply: (records, { name, by }) => {
        const value = (records.get<number>(name) ?? 0) + by;
        records.put(name, value);
        return { result: value, events: [{ kind: 'changed', key: name, value }] };
      },
    },
  },
  queries: {
    read: {
      parse: (fields: Fields) => ({ name: fields.key('name', { min: 1, max: 100 }) }),
      answer: (records, { name }) => records.get<number>(name) ?? 0,
    },
  },
});

test('a machine of twenty lines counts, answers, and is watched', () => {
  const store = new Store([counter]);
  expect(store.run('counter', { kind: 'add', name: 'visits', by: 2 })).toBe(2);
  expect(store.run('counter', { kind: 'add', name: 'visits', by: 3 })).toBe(5);
  expect(store.ask('counter', { kind: 'read', name: 'visits' })).toBe(5);
  expect(store.ask('counter', { kind: 'read', name: 'other' })).toBe(0);
  expect(eventsFrom(store.tree, 2, Infinity)).toEqual([
    { revision: 2, machine: 'counter', kind: 'changed', key: 'visits', value: 5 },
  ]);
});

test('what it does not know is refused with a message', () => {
  const store = new Store([counter]);
  expect(() => store.run('counter', { kind: 'add', name: 'visits', by: 2000 })).toThrow(
    'add.by must be a whole number from -1000 to 1000',
  );
  expect(() => store.run('counter', { kind: 'add', name: 'visits', by: 1, to: 2 })).toThrow(
    'add has no field "to"',
  );
  expect(() => store.run('counter', { kind: 'reset' })).toThrow(
    'the kind of a counter command must be one of add',
  );
  expect(() => store.ask('counter', 7)).toThrow('the kind of a counter query must be one of read');
});

test('a kind that is in the log but no longer in the machine fails alone', () => {
  const store = new Store([counter]);
  const id = store.open();
  const outcome = store.applyRaw('counter', { kind: 'reset' }, { id, sequence: 1, ackedBelow: 1 });
  expect(outcome).toMatchObject({
    kind: 'refused',
    code: 'MACHINE_FAILED',
    message: 'counter: Error: there is no kind reset',
  });
});

test('a defined machine may have deadlines', () => {
  const egg = defineMachine({
    name: 'egg',
    commands: {
      boil: {
        parse: (fields: Fields) => ({ forMs: fields.integer('forMs', { min: 1, max: 1000 }) }),
        apply: (records, { forMs }, at) => {
          records.put('done', at.timeMs + forMs);
          return { result: null };
        },
      },
    },
    queries: {},
    expire: (records) => {
      records.delete('done');
      return [{ kind: 'done', key: 'egg', value: null }];
    },
    nextDeadlineMs: (records) => records.get('done'),
  });
  const store = new Store([egg]);
  store.run('egg', { kind: 'boil', forMs: 100 });
  store.timeMs += 100;
  store.applyRaw('clock', null, undefined);
  expect(store.revision).toBe(1);
  expect(store.tree.get('egg/done')).toBeUndefined();
});
