import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RecordTree } from '../../src/machine/record-tree.ts';
import { msgpackCodec } from '../../src/wire/msgpack-codec.ts';
import { all } from './store.ts';

const keys = fc.tuple(fc.constantFrom('a', 'b'), fc.nat(30)).map(([space, number]) => `${space}/${number}`);
const change = fc.record({ key: keys, value: fc.option(fc.nat(9), { nil: undefined }) });
const changes = fc.array(change, { maxLength: 25 });
const packing = { codec: msgpackCodec, openRecordsMax: 3 };

function apply(tree: RecordTree, list: readonly { key: string; value: number | undefined }[]): void {
  for (const { key, value } of list) {
    if (value === undefined) tree.delete(key);
    else tree.put(key, value);
  }
}

/** All at once, of a tree that was put together in one go. */
function sumOf(records: Iterable<readonly [string, unknown]>): Uint8Array | undefined {
  return new RecordTree(records).sweep(msgpackCodec).step(Infinity);
}

test('a sweep sums up what there was when it began, whatever changes, is undone or taken meanwhile', () => {
  const step = fc.record({ kept: changes, undone: changes, taken: fc.boolean(), records: fc.nat(20) });
  const sweeps = fc.array(fc.array(step, { maxLength: 6 }), { maxLength: 4 });
  fc.assert(
    fc.property(changes, sweeps, (first, list) => {
      const tree = new RecordTree([], packing);
      apply(tree, first);
      for (const steps of list) {
        const expected = sumOf(all(tree));
        const sweep = tree.sweep(msgpackCodec);
        let sum: Uint8Array | undefined;
        for (const { kept, undone, taken, records } of steps) {
          apply(tree, kept);
          tree.savepoint();
          apply(tree, undone);
          tree.rollback();
          if (taken) tree.takeChanges();
          sum ??= sweep.step(records);
        }
        expect(sum ?? sweep.step(Infinity)).toEqual(expected);
      }
    }),
  );
});

test('another key, another value, another space and one record less make another sum', () => {
  fc.assert(
    fc.property(changes, keys, fc.nat(9), (list, key, value) => {
      const tree = new RecordTree([], packing);
      apply(tree, list);
      tree.put(key, value);
      const [space = '', inner = ''] = key.split('/');
      const sums = [sumOf(all(tree))];
      for (const [other, held] of [
        [`${space}/x${inner}`, value],
        [`c/${inner}`, value],
        [key, value + 1],
      ] as const) {
        const changed = new RecordTree(all(tree));
        changed.delete(key);
        if (sums.length === 1) sums.push(sumOf(all(changed)));
        changed.put(other, held);
        sums.push(sumOf(all(changed)));
      }
      expect(new Set(sums.map(String)).size).toBe(sums.length);
    }),
  );
});

test('two sweeps at a time would take each other’s records for seen', () => {
  const tree = new RecordTree([['a/1', 1]]);
  tree.sweep(msgpackCodec);
  expect(() => tree.sweep(msgpackCodec)).toThrow('one sweep at a time');
});
