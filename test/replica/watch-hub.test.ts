import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { StoreEvent } from '../../src/machine/command.ts';
import { type HistorySource, WatchHub } from '../../src/replica/watch-hub.ts';

const limits = { watchesMax: 3, watchBytesPerTurnMax: 4 };

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

function open(
  hub: WatchHub,
  history: History,
  key: string,
  options: { prefix?: boolean; from?: number } = {},
): void {
  const selection = { machine: 'kv', key, prefix: options.prefix ?? false };
  hub.open({ kind: 'watch', watch: 1, selection, fromRevision: options.from }, history);
}

/** The revisions that watch 1 is handed until there is nothing more. */
function drain(hub: WatchHub, history: History): number[] {
  const revisions: number[] = [];
  do {
    for (const output of hub.deliver(history)) {
      if (output.kind === 'events') revisions.push(...output.events.map((event) => event.revision));
    }
  } while (hub.hasMore);
  return revisions;
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

test('every selected event is handed out once and in order, whatever the turns and pauses', () => {
  const actions = fc.array(
    fc.oneof(
      fc.record({
        kind: fc.constant('put' as const),
        keys: fc.array(fc.constantFrom('a', 'ab', 'b'), { maxLength: 9 }),
      }),
      fc.record({ kind: fc.constantFrom('pause' as const, 'resume' as const, 'turn' as const) }),
    ),
  );
  fc.assert(
    fc.property(actions, fc.integer({ min: 1, max: 10 }), (all, from) => {
      const hub = new WatchHub(limits);
      const history = new History();
      open(hub, history, 'a', { prefix: true, from });
      const seen: number[] = [];
      for (const action of all) {
        if (action.kind === 'put') history.put(...action.keys);
        else if (action.kind === 'turn') seen.push(...drain(hub, history));
        else hub.pause(1, action.kind === 'pause');
      }
      hub.pause(1, false);
      seen.push(...drain(hub, history));
      const expected = history.events.filter(({ key, revision }) => key.startsWith('a') && revision >= from);
      expect(seen).toEqual(expected.map(({ revision }) => revision));
    }),
  );
});

test('a watch behind the kept history ends, and says where the history begins', () => {
  const hub = new WatchHub(limits);
  const history = new History();
  history.put('a', 'a', 'a', 'a');
  open(hub, history, 'a', { from: 3 });
  hub.pause(1, true);
  hub.deliver(history);
  history.compactedRevision = 3;
  hub.pause(1, false);
  expect(hub.deliver(history)).toEqual([
    {
      kind: 'ended',
      watch: 1,
      code: 'REVISION_COMPACTED',
      message: 'revision 3 is compacted; the history begins at 4',
    },
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
  expect(hub.deliver(history)).toEqual([{ kind: 'events', watch: 1, after: 0, revision: 500, events: [] }]);
});
