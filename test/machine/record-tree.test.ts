import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { SeededRandom } from '../../src/base/seeded-random.ts';
import { RecordTree } from '../../src/machine/record-tree.ts';
import { prefixEnd, type RecordChange, type RecordEntry } from '../../src/machine/records.ts';
import { sizeOf } from '../../src/machine/size-of.ts';
import { copyOf } from '../../src/base/byte-range.ts';
import { msgpackCodec } from '../../src/wire/msgpack-codec.ts';
import { all, reload } from './store.ts';

const inner = fc.oneof(
  fc.string({ unit: fc.constantFrom('a', '/', '\u0000', '\u00ff'), maxLength: 4 }),
  fc.nat(400).map((number) => `k${number}`),
);
/** Spaces whose names begin alike, around the order of the slash. */
const keys = fc.tuple(fc.constantFrom('a', 'a-b', 'a0', 'k'), inner).map(([name, key]) => `${name}/${key}`);
const bounds = fc.oneof(keys, inner, fc.constantFrom('', 'a', 'a/', 'a-', 'a0/', 'a00', 'z'));
const values = fc.oneof(
  fc.integer(),
  fc.uint8Array({ maxLength: 5 }),
  fc.constant(null),
  fc.record({ a: fc.nat() }),
);
const change = fc.record({ key: keys, value: fc.option(values, { nil: undefined }), isSized: fc.boolean() });
const changes = fc.array(change, { maxLength: 200 });

function applyTo(
  tree: RecordTree,
  map: Map<string, unknown>,
  list: readonly { key: string; value: unknown; isSized: boolean }[],
): void {
  for (const { key, value, isSized } of list) {
    if (value === undefined) {
      expect(tree.delete(key)).toBe(map.delete(key));
    } else {
      if (isSized) putSized(tree, key, value);
      else tree.put(key, value);
      map.set(key, value);
    }
  }
}

function putSized(tree: RecordTree, key: string, value: unknown): void {
  const slash = key.indexOf('/');
  tree.space(key.slice(0, slash)).putSized(key.slice(slash + 1), value, sizeOf(value));
}

function sorted(map: ReadonlyMap<string, unknown>): RecordEntry<unknown>[] {
  return [...map].sort(([left], [right]) => (left < right ? -1 : 1));
}

test('a range holds what a sorted array holds between the bounds', () => {
  const options = fc.record({ limit: fc.option(fc.nat(20), { nil: undefined }), reverse: fc.boolean() });
  fc.assert(
    fc.property(
      changes,
      bounds,
      fc.option(bounds, { nil: undefined }),
      options,
      (list, from, to, { limit, reverse }) => {
        const tree = new RecordTree();
        const map = new Map<string, unknown>();
        applyTo(tree, map, list);
        const between = sorted(map).filter(([key]) => key >= from && (to === undefined || key < to));
        const expected = (reverse ? between.reverse() : between).slice(0, limit);
        const found = [...tree.range(from, to, limit === undefined ? { reverse } : { limit, reverse })];
        expect(found).toEqual(expected);
        for (const key of map.keys()) expect(tree.get(key)).toBe(map.get(key));
        expect(tree.size).toBe(map.size);
      },
    ),
  );
});

test('a rollback leaves nothing of what was done since the savepoint', () => {
  fc.assert(
    fc.property(changes, changes, changes, (before, undone, after) => {
      const tree = new RecordTree();
      const map = new Map<string, unknown>();
      applyTo(tree, map, before);
      const was = all(tree);
      const bytes = tree.bytes;
      tree.savepoint();
      applyTo(tree, new Map(map), undone);
      tree.rollback();
      expect(all(tree)).toEqual(was);
      expect(tree.bytes).toBe(bytes);
      tree.savepoint();
      applyTo(tree, map, after);
      tree.release();
      expect(all(tree)).toEqual(sorted(map));
    }),
  );
});

test('the changes taken make an equal tree elsewhere, each key once, and nothing that a rollback undid', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(changes, changes), { maxLength: 5 }), (rounds) => {
      const tree = new RecordTree();
      const copy = new RecordTree();
      for (const [kept, undone] of rounds) {
        applyTo(tree, new Map(all(tree)), kept);
        tree.savepoint();
        applyTo(tree, new Map(all(tree)), undone);
        tree.rollback();
        const taken = [...tree.takeChanges()];
        expect(new Set(taken.map(({ key }) => key)).size).toBe(taken.length);
        for (const { key, value } of taken) {
          if (value === undefined) expect(copy.delete(key)).toBe(true);
          else copy.put(key, value);
        }
        expect(all(copy)).toEqual(all(tree));
        expect(copy.bytes).toBe(tree.bytes);
        expect([...tree.takeChanges()]).toEqual([]);
      }
    }),
  );
});

test('a view stays as it was while the tree changes, and so does each of many', () => {
  fc.assert(
    fc.property(fc.array(changes, { maxLength: 6 }), (rounds) => {
      const tree = new RecordTree();
      const kept = rounds.map((list) => {
        const seen = { view: tree.view(), records: all(tree), bytes: tree.bytes };
        applyTo(tree, new Map(all(tree)), list);
        return seen;
      });
      for (const { view, records, bytes } of kept) {
        expect([...view.range('', undefined)]).toEqual(records);
        expect(view.size).toBe(records.length);
        expect(view.bytes).toBe(bytes);
        for (const [key, value] of records) expect(view.get(key)).toBe(value);
      }
    }),
  );
});

test('a view that is half read goes on from where it was, whatever the tree does meanwhile', () => {
  const tree = new RecordTree(Array.from({ length: 5000 }, (_, at) => [`k/${10_000 + at}`, at] as const));
  const walk = tree.view().range<number>('', undefined)[Symbol.iterator]();
  for (let at = 0; at < 5000; at++) {
    expect(walk.next().value).toEqual([`k/${10_000 + at}`, at]);
    tree.delete(`k/${10_000 + ((at * 7919) % 5000)}`);
    tree.put(`k/${10_000 + at}x`, at);
  }
  expect(walk.next().done).toBe(true);
});

test('the size is the same after all records went to bytes and back', () => {
  fc.assert(
    fc.property(changes, (list) => {
      const tree = new RecordTree();
      applyTo(tree, new Map(), list);
      const again = new RecordTree(reload(all(tree)));
      expect(again.bytes).toBe(tree.bytes);
      expect(all(again)).toEqual(all(tree));
      expect([...again.takeChanges()]).toEqual([]);
      for (const [key] of all(tree)) tree.delete(key);
      expect(tree.bytes).toBe(0);
    }),
  );
});

test('the space of a machine shows what stands behind its name, and nothing beside it', () => {
  fc.assert(
    fc.property(
      changes,
      keys,
      fc.option(keys, { nil: undefined }),
      fc.boolean(),
      (list, from, to, reverse) => {
        const tree = new RecordTree([
          ['kv-/', 1],
          ['kv./', 2],
          ['kv0/', 3],
        ]);
        const space = tree.space('kv');
        const map = new Map<string, unknown>();
        for (const { key, value } of list) {
          if (value === undefined) {
            expect(space.delete(key)).toBe(map.delete(key));
          } else {
            space.put(key, value);
            map.set(key, value);
          }
        }
        const between = sorted(map).filter(([key]) => key >= from && (to === undefined || key < to));
        expect([...space.range(from, to, { reverse })]).toEqual(reverse ? between.reverse() : between);
        expect([...space.range('', undefined)]).toEqual(sorted(map));
        expect([...tree.view().space('kv').range('', undefined)]).toEqual(sorted(map));
        expect(tree.size).toBe(map.size + 3);
      },
    ),
  );
});

test('a value that would not come back from the disk is refused, and changes nothing', () => {
  const tree = new RecordTree();
  const deep: unknown[] = [];
  let inner = deep;
  for (let level = 0; level < 100; level++) {
    const next: unknown[] = [];
    inner.push(next);
    inner = next;
  }
  const fields = JSON.parse('{"__proto__": 1}') as unknown;
  const wrong = [
    undefined,
    { a: undefined },
    [undefined],
    1n,
    new Date(0),
    new Map(),
    '\ud800',
    deep,
    fields,
    Symbol.iterator,
    (): number => 1,
  ];
  for (const value of wrong) expect(() => tree.put('k/', value)).toThrow(/a record or result/);
  expect(() => tree.space('kv').put('\u0100', 1)).toThrow(/above one byte/);
  expect(tree.size).toBe(0);
  expect(tree.bytes).toBe(0);
  expect([...tree.takeChanges()]).toEqual([]);
});

test('a prefix ends before the first string that does not begin with it', () => {
  expect(prefixEnd('a')).toBe('b');
  expect(prefixEnd('a\u00ff')).toBe('b');
  expect(prefixEnd('')).toBeUndefined();
  expect(prefixEnd('\u00ff\u00ff')).toBeUndefined();
});

test('a space of many records knows their order, however many changed since somebody asked', () => {
  const tree = new RecordTree();
  const space = tree.space('kv');
  const expected = new Map<string, unknown>();
  const random = new SeededRandom(7);
  for (let step = 0; step < 60_000; step++) {
    const key = `k${random.integer(0, 30_000)}`;
    if (random.integer(0, 3) === 0) {
      expect(space.delete(key)).toBe(expected.delete(key));
    } else {
      space.put(key, step);
      expected.set(key, step);
    }
    if (step % 20_000 === 19_999) expect([...space.range('', undefined)]).toEqual(sorted(expected));
  }
  expect(space.size).toBe(expected.size);
  expect([...tree.view().space('kv').range('', undefined)]).toEqual(sorted(expected));
});

test('records that are packed are what they were: for reads, changes, views, undoing, and the size', () => {
  const openRecordsMax = fc.integer({ min: 1, max: 6 });
  const rounds = fc.array(fc.tuple(changes, changes, fc.array(keys, { maxLength: 20 }), fc.boolean()), {
    maxLength: 5,
  });
  fc.assert(
    fc.property(openRecordsMax, rounds, (max, list) => {
      const packed = new RecordTree([], { codec: msgpackCodec, openRecordsMax: max });
      const plain = new RecordTree();
      const stored = new RecordTree();
      const views = [];
      const taken: RecordChange[] = [];
      for (const [kept, undone, read, storesNow] of list) {
        for (const tree of [packed, plain]) {
          applyTo(tree, new Map(all(tree)), kept);
          tree.savepoint();
          applyTo(tree, new Map(all(tree)), undone);
          tree.rollback();
        }
        for (const key of read) expect(packed.get(key)).toEqual(plain.get(key));
        expect(all(packed)).toEqual(all(plain));
        expect([packed.size, packed.bytes]).toEqual([plain.size, plain.bytes]);
        const view = packed.view();
        views.push({ view, records: all(plain), encoded: [...view.encoded('', msgpackCodec)] });
        taken.push(...packed.takeChanges());
        plain.takeChanges();
        // Whoever stores them asks for their bytes when the records have changed again, or not yet.
        for (const change of storesNow ? taken.splice(0) : taken.splice(0, taken.length / 2)) {
          if (change.value === undefined) stored.delete(change.key);
          else stored.put(change.key, msgpackCodec.decode(copyOf(change.encoded(msgpackCodec))));
        }
        if (storesNow) expect(all(stored)).toEqual(all(plain));
      }
      for (const { view, records, encoded } of views) {
        expect([...view.range('', undefined)]).toEqual(records);
        for (const list of [encoded, [...view.encoded('', msgpackCodec)]]) {
          expect(list.map(([key, bytes]) => [key, msgpackCodec.decode(bytes)])).toEqual(records);
        }
        view.close();
        if (records.length > 0) expect(() => [...view.range('', undefined)]).toThrow('closed');
      }
    }),
  );
});

test('a record is opened when it is asked for, and not when it is put or goes', () => {
  const tree = new RecordTree([], { codec: msgpackCodec, openRecordsMax: 2 });
  const space = tree.space('a');
  const value = { text: 'x' };
  const decode = vi.spyOn(msgpackCodec, 'decode');
  tree.put('a/k', value);
  tree.put('a/k', value);
  const [change] = tree.takeChanges();
  expect([...copyOf(change!.encoded(msgpackCodec))]).toEqual([...msgpackCodec.encode(value)]);
  tree.put('a/k', value);
  expect([space.delete('k'), space.bytesOf('k')]).toEqual([true, 0]);
  expect(decode).not.toHaveBeenCalled();
  expect(change?.value).toEqual(value);
  decode.mockRestore();
});

test('of the records that are asked for, some are opened once only', () => {
  const tree = new RecordTree([], { codec: msgpackCodec, openRecordsMax: 2 });
  const keys = ['a/1', 'a/2', 'a/3', 'a/4'];
  for (const key of keys) tree.put(key, [key]);
  const decode = vi.spyOn(msgpackCodec, 'decode');
  for (let round = 0; round < 3; round++) {
    for (const key of ['a/1', 'a/2', 'a/1']) expect(tree.get(key)).toEqual([key]);
  }
  expect(decode).toHaveBeenCalledTimes(2);
  for (const key of [...keys, ...keys]) expect(tree.get(key)).toEqual([key]);
  tree.put('a/1', ['new']);
  expect(tree.get('a/1')).toEqual(['new']);
  decode.mockRestore();
});

test('a record too large for a piece is not copied', () => {
  const tree = new RecordTree([], { codec: msgpackCodec, openRecordsMax: 2 });
  const value = new Uint8Array(20_000);
  tree.put('a/k', value);
  expect(tree.space('a').get('k')).toBe(value);
});

test('a record that is put and then loaded is one record', () => {
  const tree = RecordTree.untracked({ codec: msgpackCodec, openRecordsMax: 2 });
  tree.put('a/k', 1);
  tree.load('a/k', msgpackCodec.encode(2), 9, 1);
  tree.track();
  expect([tree.size, tree.get('a/k'), all(tree)]).toEqual([1, 2, [['a/k', 2]]]);
});

function told(tree: RecordTree): string[] {
  return Array.from(tree.takeChanges(), ({ key }) => key).toSorted();
}

test('a tree that is loaded as it was stored is equal, and knows what changes from there on', () => {
  fc.assert(
    fc.property(changes, changes, (before, after) => {
      const plain = new RecordTree();
      const loaded = RecordTree.untracked({ codec: msgpackCodec, openRecordsMax: 2 });
      applyTo(plain, new Map(), before);
      for (const { key, value, bytes, stamp } of plain.takeChanges()) {
        loaded.load(key, msgpackCodec.encode(value), bytes, stamp);
      }
      loaded.track();
      expect([all(loaded), loaded.size, loaded.bytes]).toEqual([all(plain), plain.size, plain.bytes]);
      for (const tree of [plain, loaded]) applyTo(tree, new Map(all(tree)), after);
      expect(all(loaded)).toEqual(all(plain));
      expect(told(loaded)).toEqual(told(plain));
    }),
  );
});
