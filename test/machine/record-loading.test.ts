import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import type { ByteRange } from '../../src/base/byte-range.ts';
import { binaryBytes, byteOrder } from '../../src/machine/binary-string.ts';
import { NOWHERE } from '../../src/machine/record-arena.ts';
import { Kept } from '../../src/machine/kept.ts';
import { RecordPacker } from '../../src/machine/record-packer.ts';
import { RecordSpace } from '../../src/machine/record-space.ts';
import { RecordTree } from '../../src/machine/record-tree.ts';
import { sizeOf } from '../../src/machine/size-of.ts';
import { msgpackCodec } from '../../src/wire/msgpack-codec.ts';

interface Loaded {
  readonly value: unknown;
  readonly bytes: number;
  readonly stamp: number;
}

const keys = fc.oneof(
  fc.nat(80).map((number) => `k${number}`),
  fc.string({ unit: fc.constantFrom('a', '/', '\u0000', '\u00ff'), maxLength: 4 }),
);
/** One of them is too large to be packed. */
const values = fc.oneof(
  { weight: 5, arbitrary: fc.integer() },
  { weight: 3, arbitrary: fc.uint8Array({ maxLength: 40 }) },
  { weight: 1, arbitrary: fc.nat(9).map((digit) => `${digit}`.repeat(17_000)) },
);
const loads = fc.array(fc.tuple(keys, fc.option(values, { nil: undefined })), {
  maxLength: 300,
  size: 'max',
});
const kinds = fc.constantFrom('load', 'load', 'load', 'put', 'delete', 'get', 'range');
const steps = fc.array(fc.tuple(kinds, keys, values), { maxLength: 150, size: 'max' });
const openRecordsMax = fc.integer({ min: 1, max: 5 });

/** Lends the bytes among others, and spoils them afterwards. */
function lend<T>(lent: Uint8Array, use: (range: ByteRange) => T): T {
  const bytes = new Uint8Array(lent.length + 7).fill(0xc1);
  bytes.set(lent, 3);
  const result = use({ bytes, from: 3, to: 3 + lent.length });
  bytes.fill(0xc1);
  return result;
}

function load(space: RecordSpace, key: string, { value, bytes, stamp }: Loaded): void {
  lend(binaryBytes(key)!, (keyBytes) =>
    lend(msgpackCodec.encode(value), (encoded) => space.load(keyBytes, encoded, bytes, stamp)),
  );
}

/** With the stamp 0, as what went. */
function loadEarlier(space: RecordSpace, key: string, { value, bytes, stamp }: Loaded): boolean {
  const stored = stamp === 0 ? new Uint8Array() : msgpackCodec.encode(value);
  return lend(binaryBytes(key)!, (keyBytes) =>
    lend(stored, (encoded) => space.loadEarlier(keyBytes, encoded, bytes, stamp)),
  );
}

/** What is loaded at a step. */
function loadedAt(step: number, value: unknown): Loaded {
  return { value, bytes: sizeOf(value), stamp: 1000 + step };
}

function sorted(model: ReadonlyMap<string, Loaded>): (readonly [string, unknown])[] {
  return Array.from(model, ([key, { value }]) => [key, value] as const).toSorted(([left], [right]) =>
    byteOrder(left, right),
  );
}

function expectEqual(tree: RecordTree, model: ReadonlyMap<string, Loaded>): void {
  const space = tree.space('a');
  let bytes = 0;
  for (const [key, loaded] of model) {
    bytes += 2 + key.length + loaded.bytes;
    expect([space.stampOf(key), space.bytesOf(key)]).toEqual([loaded.stamp, loaded.bytes]);
  }
  expect([tree.size, tree.bytes]).toEqual([model.size, bytes]);
  expect([...space.range('', undefined)]).toEqual(sorted(model));
  expect([...space.range('', undefined, { reverse: true })]).toEqual(sorted(model).reverse());
  for (const [key, { value }] of model) expect(space.get(key)).toEqual(value);
}

/** Puts and deletes are told as changes of what was loaded. */
function expectChanges(
  tree: RecordTree,
  model: Map<string, Loaded>,
  list: readonly (readonly [string, unknown])[],
): void {
  expect([...tree.takeChanges(1)]).toEqual([]);
  const before = new Map(model);
  const space = tree.space('a');
  for (const [step, [key, value]] of list.entries()) {
    if (value === undefined) {
      expect(space.delete(key)).toBe(model.delete(key));
    } else {
      space.put(key, value);
      model.set(key, loadedAt(step, value));
    }
  }
  const told = new Set<string>();
  for (const { key, value, stamp, stampBefore } of tree.takeChanges(2)) {
    const inner = key.slice(2);
    told.add(inner);
    expect(stampBefore).toBe(before.get(inner)?.stamp ?? 0);
    const now = model.get(inner);
    expect(value).toEqual(now?.value);
    if (now !== undefined) model.set(inner, { ...now, stamp });
  }
  for (const key of new Set([...before.keys(), ...model.keys()])) {
    expect(told.has(key)).toBe(before.get(key) !== model.get(key));
  }
  expectEqual(tree, model);
}

test('what is loaded in any order, with doubles, is what came last of each key', () => {
  fc.assert(
    fc.property(openRecordsMax, loads, loads, (max, list, after) => {
      const tree = RecordTree.untracked({ codec: msgpackCodec, openRecordsMax: max });
      const model = new Map<string, Loaded>();
      for (const [step, [key, value]] of list.entries()) {
        const loaded = loadedAt(step, value ?? 0);
        load(tree.space('a'), key, loaded);
        model.set(key, loaded);
      }
      tree.track();
      expectEqual(tree, model);
      expectChanges(tree, model, after.slice(0, 50));
    }),
    { numRuns: 50 },
  );
});

const expected = fc.constantFrom(0, 10, 100, 5000);

test('what is loaded the last first, with doubles and what went, is what came first of each key', () => {
  fc.assert(
    fc.property(openRecordsMax, expected, loads, loads, (max, records, list, after) => {
      const tree = RecordTree.untracked({ codec: msgpackCodec, openRecordsMax: max });
      tree.expect(records);
      const model = new Map<string, Loaded>();
      const told = new Set<string>();
      for (const [step, [key, value]] of list.entries()) {
        const loaded = value === undefined ? { value, bytes: 0, stamp: 0 } : loadedAt(step, value);
        const isNew = !told.has(key) && value !== undefined;
        expect(loadEarlier(tree.space('a'), key, loaded)).toBe(isNew);
        if (isNew) model.set(key, loaded);
        told.add(key);
      }
      tree.endLoading();
      for (const key of told) expect(tree.space('a').get(key)).toEqual(model.get(key)?.value);
      expect(tree.stampOf('a/never')).toBe(0);
      tree.track();
      expectEqual(tree, model);
      expectChanges(tree, model, after.slice(0, 50));
    }),
    { numRuns: 100 },
  );
});

/** Before changes are noted, a record that is put has the oldest stamp; one that was there keeps its own. */
function applyStep(
  space: RecordSpace,
  model: Map<string, Loaded>,
  kind: string,
  key: string,
  loaded: Loaded,
): void {
  if (kind === 'load') {
    load(space, key, loaded);
    model.set(key, loaded);
  } else if (kind === 'put') {
    space.put(key, loaded.value);
    model.set(key, { ...loaded, stamp: model.get(key)?.stamp ?? 1 });
  } else if (kind === 'delete') {
    expect(space.delete(key)).toBe(model.delete(key));
  } else if (kind === 'get') {
    expect(space.get(key)).toEqual(model.get(key)?.value);
  } else {
    expect([...space.keys('', undefined)]).toEqual(sorted(model).map(([found]) => found));
  }
}

test('loading goes together with reads and writes before changes are noted', () => {
  fc.assert(
    fc.property(openRecordsMax, steps, loads, (max, list, after) => {
      const tree = RecordTree.untracked({ codec: msgpackCodec, openRecordsMax: max });
      const model = new Map<string, Loaded>();
      for (const [step, [kind, key, value]] of list.entries()) {
        applyStep(tree.space('a'), model, kind, key, loadedAt(step, value));
      }
      tree.track();
      expectEqual(tree, model);
      expectChanges(tree, model, after.slice(0, 50));
    }),
    { numRuns: 100 },
  );
});

test('many records that are loaded in no order are in order', () => {
  const tree = RecordTree.untracked({ codec: msgpackCodec, openRecordsMax: 5 });
  const model = new Map<string, Loaded>();
  for (let at = 0; at < 5000; at++) {
    const key = `k/${(at * 7919) % 5000}`;
    model.set(key, loadedAt(at, at));
    load(tree.space('a'), key, loadedAt(at, at));
  }
  tree.track();
  expectEqual(tree, model);
});

test('all memory of what was loaded is given back when it is deleted', () => {
  fc.assert(
    fc.property(loads, (list) => {
      const packer = new RecordPacker({ codec: msgpackCodec, openRecordsMax: 2 });
      const pack = vi.spyOn(packer, 'pack');
      const release = vi.spyOn(packer, 'release');
      const journal = {
        bytes: 0,
        tracked: false,
        changes: 0,
        changedBytes: 0,
        round: 0,
        expected: 0,
        undo: undefined,
        packer,
        kept: new Kept((at) => packer.release(at)),
      };
      const space = new RecordSpace('a', journal);
      for (const [step, [key, value]] of list.entries()) load(space, key, loadedAt(step, value ?? 0));
      for (const [key] of list) space.delete(key);
      const packed = pack.mock.results.filter(({ value }) => value !== NOWHERE);
      expect(release).toHaveBeenCalledTimes(packed.length);
      expect([space.size, journal.bytes, [...space.keys('', undefined)]]).toEqual([0, 0, []]);
    }),
    { numRuns: 30 },
  );
});

test('nothing is loaded once changes are noted', () => {
  const tree = RecordTree.untracked({ codec: msgpackCodec, openRecordsMax: 2 });
  const space = tree.space('a');
  load(space, 'k', loadedAt(0, 1));
  tree.track();
  expect(() => load(space, 'k', loadedAt(1, 2))).toThrow('no change');
  expect(() => loadEarlier(space, 'l', loadedAt(1, 2))).toThrow('no change');
  expect(space.get('k')).toBe(1);
});
