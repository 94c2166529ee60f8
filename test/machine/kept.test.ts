import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ByteRange } from '../../src/base/byte-range.ts';
import { Kept } from '../../src/machine/kept.ts';
import { RecordTable } from '../../src/machine/record-table.ts';
import { RecordTree } from '../../src/machine/record-tree.ts';
import type { HeldChanges } from '../../src/machine/records.ts';
import { msgpackCodec } from '../../src/wire/msgpack-codec.ts';

const keys = fc.tuple(fc.constantFrom('a', 'b'), fc.nat(12)).map(([space, key]) => `${space}/${key}`);
/** The last one is too large to be packed. */
const values = fc.oneof(fc.nat(9), fc.string({ maxLength: 40 }), fc.constant('x'.repeat(20_000)));
const changes = fc.array(fc.record({ key: keys, value: fc.option(values, { nil: undefined }) }), {
  maxLength: 12,
});

interface Batch {
  readonly changes: HeldChanges;
  readonly seen: readonly unknown[];
}

function textOf({ bytes, from, to }: ByteRange): string {
  return Buffer.from(bytes.subarray(from, to)).toString('latin1');
}

function look(batch: HeldChanges): unknown[] {
  return Array.from(batch, (change) => {
    const encoded = change.stamp === 0 ? undefined : textOf(change.encoded(msgpackCodec));
    return [
      change.key,
      textOf(change.keyBytes),
      change.value,
      change.bytes,
      change.stamp,
      change.stampBefore,
      encoded,
    ];
  });
}

test('batches that were taken stay as they are while records come, change and go, until they are closed', () => {
  const rounds = fc.array(fc.tuple(changes, changes, fc.nat(2)), { maxLength: 12 });
  fc.assert(
    fc.property(rounds, (list) => {
      const tree = new RecordTree([], { codec: msgpackCodec, openRecordsMax: 2 });
      const batches: Batch[] = [];
      for (const [index, [kept, undone, closed]] of list.entries()) {
        for (const { key, value } of kept) {
          if (value === undefined) tree.delete(key);
          else tree.put(key, value);
        }
        tree.savepoint();
        for (const { key, value } of undone) {
          if (value === undefined) tree.delete(key);
          else tree.put(key, value);
        }
        if (index % 2 === 0) tree.rollback();
        else tree.release();
        const taken = tree.takeForStorage(index);
        batches.push({ changes: taken, seen: look(taken) });
        for (const { changes: each } of batches.splice(0, closed)) {
          each.close();
          if (each.length > 0) expect(() => look(each)).toThrow('closed');
        }
        for (const { changes: each, seen } of batches) expect(look(each)).toEqual(seen);
      }
    }),
  );
});

test('what is given up is free at once, or when the last batch before it is over, in any order', () => {
  const released: number[] = [];
  const kept = new Kept((at) => released.push(at));
  const table = new RecordTable();
  const row = table.add('k');
  table.unlink(row);
  kept.release(1);
  expect(released).toEqual([1]);
  const first = kept.begin();
  kept.release(2);
  const second = kept.begin();
  kept.release(3);
  kept.free(table, row);
  second();
  expect(released).toEqual([1]);
  expect(table.keyOf(row)).toBe('k');
  first();
  expect(released).toEqual([1, 2, 3]);
  expect(() => table.keyOf(row)).toThrow('freed');
  expect(first).toThrow('once');
});
