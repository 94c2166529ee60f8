import fc from 'fast-check';
import { expect, test } from 'vitest';
import { NOWHERE } from '../../src/machine/record-arena.ts';
import { NO_ROW, RecordTable, type Row } from '../../src/machine/record-table.ts';

const keys = fc.oneof(fc.nat(60).map(String), fc.string({ maxLength: 3 }));
const steps = fc.array(fc.tuple(fc.constantFrom('add', 'unlink', 'free'), keys), { maxLength: 400 });

test('a key is found from when it is added until it is unlinked, with what was said of its row', () => {
  fc.assert(
    fc.property(steps, (list) => {
      const table = new RecordTable();
      const rows = new Map<string, Row>();
      let number = 0;
      for (const [kind, key] of list) {
        const row = rows.get(key);
        expect(table.find(key)).toBe(row ?? NO_ROW);
        if (kind === 'add' && row === undefined) {
          const added = table.add(key);
          expect([...rows.values()]).not.toContain(added);
          expect([table.placeOf(added), table.bytesOf(added), table.stampOf(added)]).toEqual([NOWHERE, 0, 0]);
          table.describe(added, ++number, 2 * number);
          table.place(added, 3 * number);
          rows.set(key, added);
        } else if (kind !== 'add' && row !== undefined) {
          table.unlink(row);
          expect(table.keyOf(row)).toBe(key);
          if (kind === 'free') table.free(row);
          rows.delete(key);
        }
      }
      for (const [key, row] of rows) {
        expect([table.find(key), table.keyOf(row)]).toEqual([row, key]);
        const bytes = table.bytesOf(row);
        expect([table.stampOf(row), table.placeOf(row)]).toEqual([2 * bytes, 3 * bytes]);
      }
    }),
  );
});
