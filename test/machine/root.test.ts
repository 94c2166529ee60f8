import { expect, test } from 'vitest';
import { InvariantError } from '../../src/base/assert.ts';
import { StoreError } from '../../src/base/errors.ts';
import { createKv } from '../../src/machine/kv/kv.ts';
import type { AnyMachine } from '../../src/machine/machine.ts';
import { RecordTree } from '../../src/machine/record-tree.ts';
import { createRoot } from '../../src/machine/root.ts';
import { all, Store } from './store.ts';

/** Does what the command says. */
function machine(name: string, parts: Partial<AnyMachine> = {}): AnyMachine {
  return {
    name,
    parseCommand: (value) => ({ kind: 'parsed', value }),
    parseQuery: (value) => ({ kind: 'parsed', value }),
    apply: (records, command) => {
      records.put('touched', 1);
      switch (command) {
        case 'error':
          throw new Error('no luck');
        case 'type-error':
          return (undefined as unknown as { applied: never }).applied;
        case 'invariant':
          throw new InvariantError('as asked');
        case 'bad-result':
          return { result: new Date(0), events: [] };
        case 'bad-record':
          records.put('bad', undefined);
          return { result: null, events: [] };
        case 'bad-event':
          return { result: null, events: [{ kind: 'x', key: '\u0100', value: null }] };
        default:
          return { result: null, events: [{ kind: 'x', key: 'k', value: command }] };
      }
    },
    query: (_, query) => {
      if (query === 'error') throw new Error('no luck');
      return query;
    },
    ...parts,
  };
}

function ringing(name: string): AnyMachine {
  return machine(name, { expire: () => [{ kind: 'rang', key: name, value: 1 }] });
}

test('a machine that throws changes nothing, is told of, and keeps its place for retries', () => {
  const store = new Store([machine('user')]);
  const id = store.open();
  const before = all(store.tree).filter(([key]) => key.startsWith('user/') || key.startsWith('history/'));
  const messages = ['error', 'type-error', 'bad-result', 'bad-record', 'bad-event'].map((command, at) => {
    const stamp = { id, sequence: at + 1, ackedBelow: 1 };
    const outcome = store.applyRaw('user', command, stamp);
    expect(store.applyRaw('user', command, stamp)).toEqual(outcome);
    return outcome;
  });
  expect(messages).toMatchInlineSnapshot(`
    [
      {
        "code": "MACHINE_FAILED",
        "kind": "refused",
        "message": "user: Error: no luck",
      },
      {
        "code": "MACHINE_FAILED",
        "kind": "refused",
        "message": "user: TypeError",
      },
      {
        "code": "MACHINE_FAILED",
        "kind": "refused",
        "message": "user: PlainnessError: a record or result holds an object of a class, which is no plain value",
      },
      {
        "code": "MACHINE_FAILED",
        "kind": "refused",
        "message": "user: PlainnessError: a record or result holds undefined, which is no plain value",
      },
      {
        "code": "MACHINE_FAILED",
        "kind": "refused",
        "message": "user: PlainnessError: the key of an event holds a character above one byte",
      },
    ]
  `);
  expect(all(store.tree).filter(([key]) => key.startsWith('user/') || key.startsWith('history/'))).toEqual(
    before,
  );
  expect(store.revision).toBe(0);
  expect(store.run('user', 'fine')).toBeNull();
  expect(store.revision).toBe(1);
});

test('a failed assertion is never caught', () => {
  const store = new Store([machine('user')]);
  const id = store.open();
  expect(() => store.applyRaw('user', 'invariant', { id, sequence: 1, ackedBelow: 1 })).toThrow(
    InvariantError,
  );
});

test('an entry is applied once, log time never goes back, and every machine in the log is there', () => {
  const root = createRoot([]);
  const tree = new RecordTree();
  const clock = { machine: 'clock', body: null, session: undefined, wallMs: 0 };
  root.apply(tree, { ...clock, timeMs: 5 }, { index: 3, term: 1 });
  expect(root.logTimeMs(tree)).toBe(5);
  expect(() => root.apply(tree, { ...clock, timeMs: 5 }, { index: 3, term: 1 })).toThrow('applied once');
  expect(() => root.apply(tree, { ...clock, timeMs: 4 }, { index: 4, term: 1 })).toThrow('never goes back');
  expect(() => root.apply(tree, { ...clock, machine: 'other', timeMs: 5 }, { index: 4, term: 1 })).toThrow(
    'other',
  );
});

test('names of machines are checked', () => {
  const refuse = (...names: string[]): void =>
    expect(() => createRoot(names.map((name) => machine(name)))).toThrow(StoreError);
  refuse('kv', 'kv');
  refuse('sessions');
  refuse('clock');
  refuse('root');
  refuse('history');
  refuse('');
  refuse('Kv');
  refuse('a/b');
  refuse('1a');
  expect(createRoot([machine('b'), machine('a-1')]).machines).toEqual(['a-1', 'b', 'sessions']);
});

test('commands and queries of unknown machines, and of the clock, are refused before the log', () => {
  const store = new Store([createKv()]);
  for (const name of ['nope', 'clock', 'root', '__proto__', 'x'.repeat(1000)]) {
    expect(store.root.parseCommand(name, null).kind).toBe('unknown-machine');
    expect(store.root.parseQuery(name, null).kind).toBe('unknown-machine');
    expect(store.root.query(store.tree, name, null)).toMatchObject({
      kind: 'refused',
      code: 'UNKNOWN_MACHINE',
    });
  }
});

test('a query that throws is an answer', () => {
  const store = new Store([machine('user')]);
  expect(store.root.query(store.tree, 'user', 'error')).toEqual({
    kind: 'refused',
    code: 'MACHINE_FAILED',
    message: 'user: Error: no luck',
  });
  expect(store.root.query(store.tree, 'user', 'fine')).toEqual({
    kind: 'answered',
    result: 'fine',
    revision: 0,
  });
});

test('what is due is done before the next command of any machine, under a revision of its own', () => {
  const alarm = machine('alarm', {
    apply: (records, command) => {
      records.put('due', command);
      return { result: null, events: [] };
    },
    expire: (records, at) => {
      records.delete('due');
      return [{ kind: 'rang', key: 'alarm', value: at.revision }];
    },
    nextDeadlineMs: (records) => records.get('due'),
  });
  const broken = machine('broken', {
    expire: (records) => {
      records.put('junk', 1);
      throw new Error('no luck');
    },
  });
  const store = new Store([alarm, broken, createKv()]);
  store.run('alarm', store.timeMs + 500);
  expect(store.root.nextDeadlineMs(store.tree)).toBe(store.timeMs + 500);
  store.timeMs += 499;
  store.run('kv', { kind: 'put', key: 'a', value: new Uint8Array(1) });
  expect(store.revision).toBe(1);
  store.timeMs += 1;
  const result = store.run('kv', { kind: 'put', key: 'a', value: new Uint8Array(1) });
  expect(result).toMatchObject({ revision: 3, version: 2 });
  expect(store.tree.get('alarm/due')).toBeUndefined();
  expect(store.tree.get('broken/junk')).toBeUndefined();
});

test('the order in which a node lists its machines decides nothing', () => {
  const [left, right] = [
    [ringing('a'), ringing('b')],
    [ringing('b'), ringing('a')],
  ].map((machines) => {
    const store = new Store(machines);
    for (let at = 0; at < 3; at++) store.run('a', 'fine');
    return all(store.tree);
  });
  expect(left).toEqual(right);
});

test('only commands that cannot grow the state are taken when it is full', () => {
  const { root } = new Store([createKv(), machine('user')]);
  const grows = (name: string, body: unknown): boolean =>
    root.mayGrow({ machine: name, session: undefined, body });
  expect(grows('kv', { kind: 'put' })).toBe(true);
  expect(grows('kv', { kind: 'delete' })).toBe(false);
  expect(grows('sessions', { kind: 'open' })).toBe(true);
  expect(grows('sessions', { kind: 'keep-alive' })).toBe(false);
  expect(grows('clock', null)).toBe(false);
  expect(grows('user', null)).toBe(true);
});
