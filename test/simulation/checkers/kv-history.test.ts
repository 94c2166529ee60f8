import { expect, test } from 'vitest';
import { checkKvHistory } from '../../../src/simulation/checkers/kv-history.ts';
import { type Applied, committed, query } from './committed.ts';

const value = (text: string): Uint8Array => new TextEncoder().encode(text);
const put = (key: string, text: string, result: object): Applied => ({
  machine: 'kv',
  body: { kind: 'put', key, value: value(text) },
  result: { kind: 'put', ...result },
});
const first = put('k', '1', { revision: 1, createRevision: 1, version: 1 });
const second = put('k', '2', { revision: 2, createRevision: 1, version: 2 });
const entry = (text: string, modRevision: number, version: number) => ({
  kind: 'get',
  entry: { key: 'k', value: value(text), createRevision: 1, modRevision, version },
});
const get = { kind: 'get', key: 'k' };

test('results and reads that fit the commands are right', () => {
  const log = committed([first, second]);
  const numbers = checkKvHistory(
    [query('kv', get, 2, entry('2', 2, 2)), query('kv', get, 1, entry('1', 1, 1))],
    log,
  );
  expect(numbers.get('k')).toBe(2);
});

test('a read of another place, or of nothing, is found', () => {
  const log = committed([first, second]);
  for (const seen of [entry('1', 1, 1), { kind: 'get' }, entry('2', 2, 3)]) {
    expect(() => checkKvHistory([query('kv', get, 2, seen)], log)).toThrow('a read at index 2 gave');
  }
});

test('a put that was counted twice is found', () => {
  const twice = put('k', '2', { revision: 2, createRevision: 1, version: 3 });
  expect(() => checkKvHistory([], committed([first, twice]))).toThrow('kv model: entry 2');
});

test('a comparison that came out wrong is found', () => {
  const body = { kind: 'compare-and-set', key: 'k', value: value('3'), expect: { modRevision: 9 } };
  const result = { kind: 'put', revision: 2, createRevision: 1, version: 2 };
  expect(() => checkKvHistory([], committed([first, { machine: 'kv', body, result }]))).toThrow(
    'condition-failed',
  );
});

test('a delete that missed the key is found', () => {
  const result = { kind: 'delete', deleted: 0 };
  const log = committed([first, { machine: 'kv', body: { kind: 'delete', key: 'k' }, result }]);
  expect(() => checkKvHistory([], log)).toThrow('kv model: entry 2');
});
