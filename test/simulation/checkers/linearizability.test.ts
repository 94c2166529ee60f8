import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { History, HistoryOperation } from '../../../src/simulation/checkers/history.ts';
import { checkLinearizable } from '../../../src/simulation/checkers/linearizability.ts';

type Short = Omit<HistoryOperation, 'key' | 'outcome' | 'client'> & Partial<HistoryOperation>;

function history(...operations: readonly Short[]): History {
  return operations.map((each, at) => ({ client: at, key: 'k', outcome: 'ok', ...each }));
}

const put = (value: number, callNs: number, returnNs: number): Short => ({
  op: 'put',
  value,
  callNs,
  returnNs,
});
const get = (output: number | undefined, callNs: number, returnNs: number): Short => ({
  op: 'get',
  output,
  callNs,
  returnNs,
});

const cas = (expect: number, value: number, output: boolean, at: number): Short => ({
  op: 'cas',
  expect,
  value,
  output,
  callNs: at,
  returnNs: at + 1,
});
const remove = (output: boolean, at: number): Short => ({
  op: 'delete',
  output,
  callNs: at,
  returnNs: at + 1,
});
expect(
  checkLinearizable(history(put(1, 0, 1), cas(1, 2, true, 2), cas(1, 3, false, 4), get(2, 6, 7))).ok,
).toBe(true);

test('a sequential history is linearizable', () => {
  expect(
    checkLinearizable(history(get(undefined, 0, 1), put(1, 2, 3), get(1, 4, 5), put(2, 6, 7), get(2, 8, 9)))
      .ok,
  ).toBe(true);
});

test('a read that overlaps a write may see it or not', () => {
  expect(checkLinearizable(history(put(1, 0, 1), put(2, 2, 9), get(1, 3, 4), get(2, 5, 6))).ok).toBe(true);
});

test('a stale read is found', () => {
  const result = checkLinearizable(history(put(1, 0, 1), put(2, 2, 3), get(1, 4, 5)));
  expect(result.ok).toBe(false);
  expect(result.violations[0]?.key).toBe('k');
});

test('two reads that see a write and then not are found, though both overlap it', () => {
  expect(checkLinearizable(history(put(1, 0, 1), put(2, 2, 9), get(2, 3, 4), get(1, 5, 6))).ok).toBe(false);
});

test('a lost write is found', () => {
  expect(checkLinearizable(history(put(1, 0, 1), get(undefined, 2, 3))).ok).toBe(false);
});

test('a write of unknown outcome may take effect late, or never, but not before its call', () => {
  const unknown: Short = { ...put(2, 2, 3), outcome: 'unknown' };
  expect(checkLinearizable(history(put(1, 0, 1), unknown, get(1, 4, 5), get(2, 6, 7))).ok).toBe(true);
  expect(checkLinearizable(history(put(1, 0, 1), unknown, get(1, 4, 5))).ok).toBe(true);
  expect(checkLinearizable(history(get(2, 0, 1), unknown)).ok).toBe(false);
  expect(checkLinearizable(history(put(1, 0, 1), unknown, get(2, 4, 5), get(1, 6, 7))).ok).toBe(false);
});

test('a write that certainly failed must not be seen', () => {
  const failed: Short = { ...put(2, 2, 3), outcome: 'fail' };
  expect(checkLinearizable(history(put(1, 0, 1), failed, get(1, 4, 5))).ok).toBe(true);
  expect(checkLinearizable(history(put(1, 0, 1), failed, get(2, 4, 5))).ok).toBe(false);
});

test('compare-and-set and delete are judged by what they say', () => {
  expect(checkLinearizable(history(put(1, 0, 1), cas(1, 2, true, 2), cas(1, 3, true, 4))).ok).toBe(false);
  expect(
    checkLinearizable(history(put(1, 0, 1), remove(true, 2), remove(false, 4), get(undefined, 6, 7))).ok,
  ).toBe(true);
  expect(checkLinearizable(history(remove(true, 2))).ok).toBe(false);
});

test('keys are judged apart', () => {
  const other = { ...get(1, 4, 5), key: 'other' };
  expect(checkLinearizable(history(put(1, 0, 1), other)).violations.map((each) => each.key)).toEqual([
    'other',
  ]);
});

test('a search that is given up says so', () => {
  const puts = Array.from({ length: 12 }, (_, at) => put(at, 0, 100));
  const result = checkLinearizable(history(...puts, get(99, 101, 102)), { stepsMax: 100 });
  expect(result.undecided).toEqual(['k']);
  expect(result.ok).toBe(true);
});

/** All orders, one by one: slow and plain. */
function bruteForce(operations: History): boolean {
  const search = (state: unknown, left: readonly HistoryOperation[]): boolean => {
    if (left.every((each) => each.outcome === 'unknown')) return true;
    return left.some((each) => {
      if (left.some((other) => other.outcome === 'ok' && other.returnNs < each.callNs)) return false;
      const rest = left.filter((other) => other !== each);
      if (each.op === 'get') return each.output === state && search(state, rest);
      if (each.op === 'put') return search(each.value, rest);
      if (each.op === 'delete') return search(undefined, rest);
      const swapped = state === each.expect;
      if (each.outcome === 'ok' && swapped !== each.output) return false;
      return search(swapped ? each.value : state, rest);
    });
  };
  return search(
    undefined,
    operations.filter((each) => !(each.op === 'get' && each.outcome === 'unknown')),
  );
}

const operationArbitrary = fc
  .record({
    op: fc.constantFrom('get' as const, 'put' as const, 'cas' as const, 'delete' as const),
    value: fc.integer({ min: 1, max: 3 }),
    seen: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }),
    swapped: fc.boolean(),
    callNs: fc.integer({ min: 0, max: 12 }),
    lasts: fc.integer({ min: 0, max: 6 }),
    outcome: fc.constantFrom('ok' as const, 'ok' as const, 'ok' as const, 'unknown' as const),
  })
  .map(({ op, value, seen, swapped, callNs, lasts, outcome }): HistoryOperation => {
    const common = { client: 0, key: 'k', op, callNs, returnNs: callNs + lasts, outcome };
    if (op === 'get') return { ...common, output: seen };
    if (op === 'put') return { ...common, value };
    if (op === 'delete') return common;
    return { ...common, value, expect: seen, output: swapped };
  });

test('the search agrees with trying every order', () => {
  let illegal = 0;
  fc.assert(
    fc.property(fc.array(operationArbitrary, { maxLength: 6 }), (operations) => {
      const legal = bruteForce(operations);
      if (!legal) illegal++;
      expect(checkLinearizable(operations).ok).toBe(legal);
    }),
    { numRuns: 2000 },
  );
  expect(illegal).toBeGreaterThan(100);
});

test('a long history of a few clients is decided', () => {
  const operations: HistoryOperation[] = [];
  for (let at = 0; at < 5000; at++) {
    const callNs = at * 10;
    operations.push(
      at % 2 === 0
        ? { client: at % 4, key: 'k', op: 'put', value: at, callNs, returnNs: callNs + 9, outcome: 'ok' }
        : {
            client: at % 4,
            key: 'k',
            op: 'get',
            output: at - 1,
            callNs,
            returnNs: callNs + 9,
            outcome: 'ok',
          },
    );
  }
  expect(checkLinearizable(operations)).toMatchObject({ ok: true, undecided: [] });
});
