import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { StoreEvent } from '../../src/machine/command.ts';
import { type HistorySource, WatchHub } from '../../src/replica/watch-hub.ts';

const limits = { watchesMax: 6, watchBytesPerTurnMax: 4 };

/** A history of one event per revision, each as large as one unit of the byte limit. */
class History implements HistorySource {
  readonly events: StoreEvent[] = [];
  compactedRevision = 0;

  get revision(): number {
    return this.events.length;
  }

  put(...keys: string[]): void {
    for (const key of keys) {
      this.events.push({ revision: this.events.length + 1, machine: 'kv', kind: 'put', key, value: null });
    }
  }

  read(fromRevision: number, bytesMax: number): readonly StoreEvent[] {
    return this.events.slice(fromRevision - 1, fromRevision - 1 + bytesMax);
  }
}

interface OpenOptions {
  readonly prefix?: boolean;
  readonly from?: number | undefined;
  readonly watch?: number;
}

function open(hub: WatchHub, history: History, key: string, options: OpenOptions = {}): void {
  const { prefix = false, from, watch = 1 } = options;
  hub.open({ kind: 'watch', watch, selection: { machine: 'kv', key, prefix }, fromRevision: from }, history);
}

/** The revisions that a watch is handed until there is nothing more. */
function drain(hub: WatchHub, history: History, watch = 1): number[] {
  const seen = new Map<number, number[]>();
  drainAll(hub, history, seen);
  return seen.get(watch) ?? [];
}

/** Adds to what each watch has seen whatever there is. */
function drainAll(hub: WatchHub, history: History, seen: Map<number, number[]>): void {
  do {
    for (const output of hub.deliver(history)) {
      if (output.kind !== 'events') continue;
      const revisions = output.events.map((event) => event.revision);
      for (const watch of output.watches) seen.set(watch, [...(seen.get(watch) ?? []), ...revisions]);
    }
  } while (hub.hasMore);
}

/** Who is told together, in the next turn. */
function together(hub: WatchHub, history: History): (readonly number[])[] {
  return hub.deliver(history).flatMap((output) => (output.kind === 'events' ? [output.watches] : []));
}

test('a watch without a revision sees only what comes later', () => {
  const hub = new WatchHub(limits);
  const history = new History();
  history.put('a', 'a');
  open(hub, history, 'a');
  expect(hub.deliver(history)).toEqual([{ kind: 'started', watch: 1, fromRevision: 3 }]);
  history.put('a', 'b', 'a');
  expect(drain(hub, history)).toEqual([3, 5]);
});

test('a watch from a future revision never sees an older event', () => {
  const hub = new WatchHub(limits);
  const history = new History();
  open(hub, history, 'a', { from: 3 });
  history.put('a', 'a');
  expect(drain(hub, history)).toEqual([]);
  history.put('a');
  expect(drain(hub, history)).toEqual([3]);
});

test('every watch is handed what it selected once and in order, whatever the turns, the pauses and the others', () => {
  const watch = fc.integer({ min: 1, max: 6 });
  const key = fc.constantFrom('a', 'ab', 'b');
  const actions = fc.array(
    fc.oneof(
      fc.record({ kind: fc.constant('put' as const), keys: fc.array(key, { maxLength: 9 }) }),
      fc.record({ kind: fc.constantFrom('pause' as const, 'resume' as const, 'close' as const), watch }),
      fc.record({
        kind: fc.constant('open' as const),
        watch,
        prefix: fc.boolean(),
        from: fc.option(fc.integer({ min: 1, max: 20 }), { nil: undefined }),
      }),
      fc.record({ kind: fc.constant('turn' as const) }),
    ),
    { maxLength: 40 },
  );
  fc.assert(
    fc.property(actions, (all) => {
      const hub = new WatchHub(limits);
      const history = new History();
      const seen = new Map<number, number[]>();
      const opened = new Map<number, { readonly prefix: boolean; readonly from: number }>();
      for (const action of all) {
        if (action.kind === 'put') history.put(...action.keys);
        else if (action.kind === 'turn') drainAll(hub, history, seen);
        else if (action.kind === 'open') {
          if (opened.has(action.watch)) continue;
          open(hub, history, 'a', action);
          opened.set(action.watch, { prefix: action.prefix, from: action.from ?? history.revision + 1 });
        } else if (action.kind === 'close') {
          hub.close(action.watch);
          opened.delete(action.watch);
          seen.delete(action.watch);
        } else hub.pause(action.watch, action.kind === 'pause');
      }
      for (const id of opened.keys()) hub.pause(id, false);
      drainAll(hub, history, seen);
      expect(hub.size).toBe(opened.size);
      for (const [id, { prefix, from }] of opened) {
        const due = history.events.filter(
          (event) => event.revision >= from && (prefix ? event.key.startsWith('a') : event.key === 'a'),
        );
        expect(seen.get(id) ?? []).toEqual(due.map(({ revision }) => revision));
      }
    }),
  );
});

test('watches at the same place of the same selection are told together, once', () => {
  const hub = new WatchHub(limits);
  const history = new History();
  for (const watch of [1, 2, 3]) open(hub, history, 'a', { watch });
  open(hub, history, 'a', { watch: 4, prefix: true });
  hub.deliver(history);
  history.put('a');
  expect(together(hub, history)).toEqual([[1, 2, 3], [4]]);
});

test('a watch that pauses leaves the others alone, and joins them again when it has caught up', () => {
  const hub = new WatchHub(limits);
  const history = new History();
  for (const watch of [1, 2, 3]) open(hub, history, 'a', { watch });
  hub.deliver(history);
  hub.pause(2, true);
  history.put('a', 'a');
  expect(together(hub, history)).toEqual([[1, 3]]);
  hub.pause(2, false);
  history.put('a');
  expect(together(hub, history)).toEqual([[1, 3], [2]]);
  history.put('a');
  expect(together(hub, history)).toEqual([[1, 2, 3]]);
});

test('a watch that resumes from an older revision reads alone until it is level', () => {
  const hub = new WatchHub(limits);
  const history = new History();
  history.put('a', 'a', 'a', 'a', 'a', 'a');
  open(hub, history, 'a', { watch: 1 });
  open(hub, history, 'a', { watch: 2, from: 1 });
  expect(together(hub, history)).toEqual([[2]]);
  expect(hub.hasMore).toBe(true);
  history.put('a');
  expect(together(hub, history)).toEqual([[1], [2]]);
  history.put('a');
  expect(together(hub, history)).toEqual([[1, 2]]);
});

test('a closed watch is told nothing more, and the others of its selection are', () => {
  const hub = new WatchHub(limits);
  const history = new History();
  for (const watch of [1, 2, 3]) open(hub, history, 'a', { watch });
  hub.deliver(history);
  hub.close(2);
  history.put('a');
  expect(together(hub, history)).toEqual([[1, 3]]);
  hub.close(1);
  hub.close(3);
  history.put('a');
  expect(hub.deliver(history)).toEqual([]);
  expect(hub.size).toBe(0);
});

test('watches that were told of different revisions last are told apart, so that each sees a loss', () => {
  const hub = new WatchHub(limits);
  const history = new History();
  open(hub, history, 'a', { watch: 1 });
  hub.deliver(history);
  history.put('b', 'b');
  hub.deliver(history);
  open(hub, history, 'a', { watch: 2 });
  hub.deliver(history);
  history.put('a');
  expect(hub.deliver(history)).toMatchObject([
    { watches: [1], after: 0, revision: 3 },
    { watches: [2], after: 2, revision: 3 },
  ]);
  history.put('a');
  expect(hub.deliver(history)).toMatchObject([{ watches: [1, 2], after: 3, revision: 4 }]);
});

test('a watch behind the kept history ends, and says where the history begins', () => {
  const hub = new WatchHub(limits);
  const history = new History();
  history.put('a', 'a', 'a', 'a');
  for (const watch of [1, 2]) {
    open(hub, history, 'a', { watch, from: 3 });
    hub.pause(watch, true);
  }
  hub.deliver(history);
  history.compactedRevision = 3;
  for (const watch of [1, 2]) hub.pause(watch, false);
  const message = 'revision 3 is compacted; the history begins at 4';
  expect(hub.deliver(history)).toEqual([
    { kind: 'ended', watch: 1, code: 'REVISION_COMPACTED', message },
    { kind: 'ended', watch: 2, code: 'REVISION_COMPACTED', message },
  ]);
  expect(hub.size).toBe(0);
});

test('there is a limit to the number of watches', () => {
  const hub = new WatchHub({ ...limits, watchesMax: 0 });
  const history = new History();
  open(hub, history, 'a');
  expect(hub.deliver(history)).toMatchObject([{ kind: 'ended', code: 'WATCH_LIMIT' }]);
});

test('a quiet watch hears how far the store is, so that it can resume from there', () => {
  const hub = new WatchHub({ ...limits, watchBytesPerTurnMax: 10_000 });
  const history = new History();
  open(hub, history, 'quiet');
  hub.deliver(history);
  history.put(...Array.from({ length: 499 }, () => 'a'));
  expect(hub.deliver(history)).toEqual([]);
  history.put('a');
  expect(hub.deliver(history)).toEqual([
    { kind: 'events', watches: [1], after: 0, revision: 500, events: [] },
  ]);
});
