import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { StoreEvent } from '../../src/machine/command.ts';
import { appendHistory, eventsFrom, newRevision } from '../../src/machine/history.ts';
import { createKv } from '../../src/machine/kv/kv.ts';
import { HISTORY_REVISIONS_MAX } from '../../src/machine/limits.ts';
import { RecordTree } from '../../src/machine/record-tree.ts';
import { readRootState, writeRootState } from '../../src/machine/root-state.ts';
import { sizeOf } from '../../src/machine/size-of.ts';
import { msgpackCodec } from '../../src/wire/msgpack-codec.ts';
import { all, Store } from './store.ts';

const events = fc.array(
  fc.record({ kind: fc.constant('put'), key: fc.constantFrom('a', 'b'), value: fc.nat() }),
  {
    minLength: 1,
    maxLength: 4,
  },
);

const packings = fc.constantFrom(undefined, { codec: msgpackCodec, openRecordsMax: 2 });

test('the history holds the last revisions within its limits, and reads back whole revisions in order', () => {
  const limits = fc.record({
    revisionsMax: fc.integer({ min: 1, max: 60 }),
    bytesMax: fc.integer({ min: 100, max: 6000 }),
  });
  fc.assert(
    fc.property(
      fc.array(events, { maxLength: 100 }),
      limits,
      fc.nat(400),
      packings,
      (list, limits, bytesMax, packing) => {
        const tree = new RecordTree([], packing);
        const told: StoreEvent[] = [];
        for (const batch of list) {
          const state = appendHistory(tree, readRootState(tree), newRevision('kv', batch), limits);
          writeRootState(tree, state);
          told.push(...batch.map((event) => ({ ...event, machine: 'kv', revision: state.revision })));
        }
        const { revision, compactedRevision, historyBytes } = readRootState(tree);
        expect(revision).toBe(list.length);
        expect(revision - compactedRevision).toBeLessThanOrEqual(limits.revisionsMax);
        expect(historyBytes).toBeLessThanOrEqual(limits.bytesMax);
        const kept = all(tree).filter(([key]) => key.startsWith('history/'));
        const held = kept.reduce((sum, [, record]) => sum + (record as readonly unknown[]).length, 0);
        expect(held).toBeGreaterThanOrEqual(revision - compactedRevision);
        expect(held).toBeLessThan(revision - compactedRevision + Math.max(2, limits.revisionsMax / 16));
        expect(kept.reduce((sum, [, record]) => sum + sizeOf(record), 0)).toBe(historyBytes);
        for (let from = compactedRevision + 1; from <= revision + 1; from++) {
          const read: StoreEvent[] = [];
          let next = from;
          while (next <= revision) {
            const part = eventsFrom(tree, next, bytesMax);
            expect(part[0]?.revision).toBe(next);
            read.push(...part);
            next = (part.at(-1)?.revision ?? Infinity) + 1;
          }
          expect(read).toEqual(told.filter((event) => event.revision >= from));
        }
      },
    ),
  );
});

test('a revision that was compacted cannot be read, and one that is to come is empty', () => {
  const tree = new RecordTree();
  for (let at = 0; at < 5; at++) {
    const batch = [{ kind: 'put', key: 'a', value: at }];
    const limits = { revisionsMax: 2, bytesMax: 1000 };
    writeRootState(tree, appendHistory(tree, readRootState(tree), newRevision('kv', batch), limits));
  }
  expect(() => eventsFrom(tree, 3, 100)).toThrow('kept');
  expect(eventsFrom(tree, 6, 100)).toEqual([]);
});

test('the store keeps the release’s number of revisions', () => {
  const store = new Store([createKv()]);
  const put = store.root.parseCommand('kv', { kind: 'put', key: 'a', value: new Uint8Array(1) });
  const id = store.open();
  for (let sequence = 1; sequence <= HISTORY_REVISIONS_MAX + 10; sequence++) {
    store.timeMs += 1;
    store.applyRaw('kv', put.kind === 'parsed' ? put.value : undefined, {
      id,
      sequence,
      ackedBelow: sequence,
    });
  }
  expect(store.root.compactedRevision(store.tree)).toBe(10);
  expect(eventsFrom(store.tree, 11, Infinity).length).toBe(HISTORY_REVISIONS_MAX);
});
