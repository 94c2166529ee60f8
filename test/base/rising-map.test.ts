import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RisingMap } from '../../src/base/rising-map.ts';

const steps = fc.array(
  fc.oneof(
    {
      weight: 20,
      arbitrary: fc.record({ kind: fc.constant('add' as const), gap: fc.integer({ min: 1, max: 90 }) }),
    },
    { weight: 16, arbitrary: fc.record({ kind: fc.constant('delete' as const), which: fc.nat() }) },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('set-old' as const), which: fc.nat() }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('clear' as const) }) },
  ),
  { maxLength: 500 },
);

test('it holds what a Map holds, in the order of the keys', () => {
  fc.assert(
    fc.property(steps, fc.constantFrom(0, 2 ** 31 - 300, 2 ** 48), (all, start) => {
      const map = new RisingMap<string>();
      const model = new Map<number, string>();
      const used: number[] = [];
      let key = start;
      for (const step of all) {
        if (step.kind === 'clear') {
          map.clear();
          model.clear();
        } else if (step.kind === 'add') {
          key += step.gap;
          used.push(key);
          map.set(key, `new ${key}`);
          model.set(key, `new ${key}`);
        } else {
          const old = used[step.which % Math.max(1, used.length)] ?? start + 1;
          if (step.kind === 'set-old') {
            map.set(old, `again ${old}`);
            model.set(old, `again ${old}`);
          } else {
            expect(map.delete(old)).toBe(model.delete(old));
          }
          expect(map.get(old)).toBe(model.get(old));
        }
        expect(map.size).toBe(model.size);
      }
      for (const old of used) expect(map.get(old)).toBe(model.get(old));
      expect(map.values()).toEqual(
        [...model].sort(([left], [right]) => left - right).map(([, value]) => value),
      );
    }),
  );
});

test('one that stays for long does not make it large', () => {
  const map = new RisingMap<number>();
  map.set(1, 1);
  for (let key = 2; key < 100_000; key++) {
    map.set(key, key);
    if (key > 10) map.delete(key - 8);
  }
  expect(map.get(1)).toBe(1);
  expect(map.values().slice(0, 2)).toEqual([1, 2]);
});
