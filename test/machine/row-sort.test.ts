import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { allOf } from '../../src/base/byte-range.ts';
import { RecordTable } from '../../src/machine/record-table.ts';
import { sortRows } from '../../src/machine/row-sort.ts';

const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 4 }),
  fc.array(fc.constantFrom(0, 1, 255), { maxLength: 8 }).map((list) => Uint8Array.from(list)),
);
/** Many that begin with the same bytes, so that there are groups too large to be sorted by comparing. */
const keys = fc
  .tuple(bytes, fc.uniqueArray(bytes, { maxLength: 300, size: 'max', selector: String }))
  .map(([prefix, list]) => list.map((key) => Uint8Array.from([...prefix, ...key])));

function textOf(key: Uint8Array): string {
  return Buffer.from(key).toString('latin1');
}

/** As texts. */
function sortedKeys(list: readonly Uint8Array[]): string[] {
  const table = new RecordTable();
  const keyOf = new Map(list.map((key) => [~table.findOrAddBytes(allOf(key)), textOf(key)] as const));
  const rows = Int32Array.from(keyOf.keys());
  sortRows(rows, table);
  return Array.from(rows, (row) => keyOf.get(row)!);
}

test('rows stand as their keys do when these are compared', () => {
  fc.assert(
    fc.property(keys, (list) => {
      expect(sortedKeys(list)).toEqual(
        list.toSorted((left, right) => Buffer.compare(left, right)).map(textOf),
      );
    }),
  );
});

test('keys of which each begins with the one before are sorted, however many', () => {
  const list = Array.from({ length: 1000 }, (_, at) => new Uint8Array((at * 7) % 1000));
  expect(sortedKeys(list).map((key) => key.length)).toEqual(Array.from(list.keys()));
});

test('very many keys that only differ behind what a number tells are sorted', () => {
  const prefixes = Array.from({ length: 150_000 }, (_, at) =>
    createHash('md5').update(String(at)).digest('base64'),
  );
  const texts = prefixes.flatMap((prefix) => [`${prefix}/b`, `${prefix}/a`]);
  const table = new RecordTable();
  const rows = Int32Array.from(texts, (key) => table.add(key));
  sortRows(rows, table);
  expect(Array.from(rows, (row) => table.keyOf(row)).join(' ') === texts.toSorted().join(' ')).toBe(true);
});
