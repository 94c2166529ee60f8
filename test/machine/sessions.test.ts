import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { CommandOutcome, SessionStamp } from '../../src/machine/command.ts';
import { SESSION_WINDOW, SESSIONS_MAX } from '../../src/machine/limits.ts';
import type { AnyMachine } from '../../src/machine/machine.ts';
import { parseStamp } from '../../src/machine/sessions/exactly-once.ts';
import { REPLIES_PER_RECORD } from '../../src/machine/sessions/session-records.ts';
import type { SessionsAnswer } from '../../src/machine/sessions/sessions.ts';
import { all, Store } from './store.ts';

/** Notes every command that is really applied. */
const journal: AnyMachine = {
  name: 'journal',
  parseCommand: (value) => ({ kind: 'parsed', value }),
  parseQuery: (value) => ({ kind: 'parsed', value }),
  apply: (records, command, at) => {
    if (command === 'throw') throw new Error('as asked');
    const count = (records.get<number>('count') ?? 0) + 1;
    records.put('count', count);
    records.put(`entry/${String(at.index).padStart(6, '0')}`, command);
    return {
      result: { count, command },
      events: count % 2 === 0 ? [{ kind: 'even', key: 'x', value: count }] : [],
    };
  },
  query: (records) => [...records.range('entry/', undefined)].map(([, command]) => command),
};

function codeOf(outcome: CommandOutcome): string {
  return outcome.kind === 'refused' ? outcome.code : outcome.kind;
}

test('each command is applied once, and each retry gets the very first outcome, whatever is sent again', () => {
  const steps = fc.array(
    fc.oneof(
      {
        weight: 4,
        arbitrary: fc.record({ kind: fc.constant('send' as const), ack: fc.nat(6), fail: fc.boolean() }),
      },
      {
        weight: 4,
        arbitrary: fc.record({ kind: fc.constant('retry' as const), back: fc.nat(12), ack: fc.nat(12) }),
      },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart' as const) }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.nat(2500) }) },
    ),
    { maxLength: 120 },
  );
  fc.assert(
    fc.property(steps, (list) => {
      const store = new Store([journal]);
      const id = store.open(10_000);
      const first = new Map<number, CommandOutcome>();
      let sequence = 0;
      let acked = 1;
      for (const step of list) {
        if (step.kind === 'restart') store.restart();
        if (step.kind === 'pass') store.timeMs += step.ms;
        if (step.kind === 'send') {
          sequence++;
          const ackedBelow = Math.max(1, sequence - step.ack);
          const body = step.fail ? 'throw' : sequence;
          const outcome = store.applyRaw('journal', body, { id, sequence, ackedBelow });
          if (codeOf(outcome) === 'SESSION_EXPIRED') return;
          acked = Math.max(acked, ackedBelow);
          first.set(sequence, outcome);
        }
        if (step.kind === 'retry' && sequence > step.back) {
          const again = sequence - step.back;
          const ackedBelow = Math.max(1, again - step.ack);
          const body = codeOf(first.get(again) as CommandOutcome) === 'MACHINE_FAILED' ? 'throw' : again;
          const outcome = store.applyRaw('journal', body, { id, sequence: again, ackedBelow });
          if (codeOf(outcome) === 'SESSION_EXPIRED') return;
          if (again < acked) expect(codeOf(outcome)).toBe('SEQUENCE_STALE');
          else expect(outcome).toEqual(first.get(again));
          acked = Math.max(acked, codeOf(outcome) === 'SEQUENCE_STALE' ? 1 : ackedBelow);
        }
        const applied = [...first].filter(([, outcome]) => outcome.kind === 'applied').map(([each]) => each);
        expect(store.ask('journal', null)).toEqual(applied);
      }
    }),
  );
});

test('only the replies that may be asked for again are kept', () => {
  const store = new Store([journal]);
  const id = store.open();
  const replies = (): number => all(store.tree).filter(([key]) => key.startsWith('sessions/r/')).length;
  for (let sequence = 1; sequence <= 50; sequence++)
    store.applyRaw('journal', 0, { id, sequence, ackedBelow: 1 });
  expect(replies()).toBe(Math.ceil(51 / REPLIES_PER_RECORD));
  store.applyRaw('journal', 0, { id, sequence: 51, ackedBelow: 41 });
  expect(replies()).toBe(Math.ceil(51 / REPLIES_PER_RECORD) - Math.floor(41 / REPLIES_PER_RECORD));
  store.run('sessions', { kind: 'close', id });
  expect(all(store.tree).filter(([key]) => key.startsWith('sessions/'))).toEqual([['sessions/n', 0]]);
});

test('an expired or closed session applies nothing, also not what it had applied before', () => {
  const store = new Store([journal]);
  const id = store.open(1000);
  const stamp = { id, sequence: 1, ackedBelow: 1 };
  expect(codeOf(store.applyRaw('journal', 'a', stamp))).toBe('applied');
  store.timeMs += 1000;
  expect(codeOf(store.applyRaw('journal', 'a', stamp))).toBe('SESSION_EXPIRED');
  expect(codeOf(store.applyRaw('sessions', { kind: 'keep-alive', id }, undefined))).toBe('SESSION_EXPIRED');
  const other = store.open(1000);
  store.run('sessions', { kind: 'close', id: other });
  expect(codeOf(store.applyRaw('journal', 'b', { id: other, sequence: 1, ackedBelow: 1 }))).toBe(
    'SESSION_EXPIRED',
  );
  expect(store.run('sessions', { kind: 'close', id: other })).toEqual({
    kind: 'closed',
    id: other,
    existed: false,
  });
  expect(store.ask('journal', null)).toEqual(['a']);
});

test('a session lives as long as its client is heard of', () => {
  const store = new Store([journal]);
  const busy = store.open(1000);
  const kept = store.open(1000);
  const silent = store.open(1000);
  for (let sequence = 1; sequence <= 20; sequence++) {
    store.timeMs += 800;
    expect(codeOf(store.applyRaw('journal', 0, { id: busy, sequence, ackedBelow: sequence }))).toBe(
      'applied',
    );
    expect(codeOf(store.applyRaw('sessions', { kind: 'keep-alive', id: kept }, undefined))).toBe('applied');
  }
  const list = store.ask<SessionsAnswer>('sessions', { kind: 'list' });
  expect(list.kind === 'list' ? list.sessions.map(({ id }) => id) : []).toEqual([busy, kept]);
  expect(store.ask('sessions', { kind: 'count' })).toEqual({ kind: 'count', count: 2 });
  expect(store.root.sessions(store.tree)).toBe(2);
  expect(silent).toBeGreaterThan(kept);
});

test('the deadline index is left alone by a command that moves the deadline little', () => {
  const store = new Store([journal]);
  const id = store.open(80_000);
  const deadline = (): string | undefined =>
    all(store.tree).find(([key]) => key.startsWith('sessions/d/'))?.[0];
  const was = deadline();
  store.timeMs += 10_000;
  store.applyRaw('journal', 0, { id, sequence: 1, ackedBelow: 1 });
  expect(deadline()).toBe(was);
  store.timeMs += 1;
  store.applyRaw('journal', 0, { id, sequence: 2, ackedBelow: 1 });
  expect(deadline()).not.toBe(was);
});

test('a client that acknowledges nothing is slowed down, and goes on once it does', () => {
  const store = new Store([journal]);
  const id = store.open();
  const send = (sequence: number, ackedBelow: number): string =>
    codeOf(store.applyRaw('journal', 0, { id, sequence, ackedBelow }));
  expect(send(SESSION_WINDOW, 1)).toBe('applied');
  expect(send(SESSION_WINDOW + 1, 1)).toBe('TOO_BUSY');
  expect(send(SESSION_WINDOW + 1, 2)).toBe('applied');
});

test('sessions are limited, and a closed one makes room', () => {
  const store = new Store([journal]);
  const first = store.open();
  for (let count = 1; count < SESSIONS_MAX; count++) store.open();
  expect(codeOf(store.applyRaw('sessions', { kind: 'open', ttlMs: 1000 }, undefined))).toBe('SESSION_LIMIT');
  store.run('sessions', { kind: 'close', id: first });
  const last = store.open();
  store.timeMs += 3_600_000;
  // Only the first of the overdue ones are gone by now, but none of them is open any more.
  expect(codeOf(store.applyRaw('journal', 0, { id: last, sequence: 1, ackedBelow: 1 }))).toBe(
    'SESSION_EXPIRED',
  );
  expect(store.root.sessions(store.tree)).toBeGreaterThan(0);
  let rounds = 0;
  while (store.root.nextDeadlineMs(store.tree) !== undefined) {
    store.applyRaw('clock', null, undefined);
    rounds++;
  }
  expect(rounds).toBeGreaterThan(1);
  expect(rounds).toBeLessThan(10);
  expect(store.root.sessions(store.tree)).toBe(0);
});

test('a command without a session, or with a stamp that makes no sense, is refused and stops no node', () => {
  const store = new Store([journal]);
  const id = store.open();
  expect(codeOf(store.applyRaw('journal', 0, undefined))).toBe('SESSION_EXPIRED');
  const wrong: SessionStamp[] = [
    { id, sequence: 0, ackedBelow: 1 },
    { id, sequence: 1.5, ackedBelow: 1 },
    { id, sequence: 1, ackedBelow: 2 },
    { id, sequence: Number.NaN, ackedBelow: 1 },
    { id: -1, sequence: 1, ackedBelow: 1 },
  ];
  for (const stamp of wrong) {
    expect(codeOf(store.applyRaw('journal', 0, stamp))).toBe('SEQUENCE_STALE');
    expect(parseStamp(stamp).kind).toBe('malformed');
  }
  expect(parseStamp({ id, sequence: 1, ackedBelow: 1 })).toEqual({
    kind: 'parsed',
    value: { id, sequence: 1, ackedBelow: 1 },
  });
  expect(store.ask('journal', null)).toEqual([]);
});
