import { expect, test } from 'vitest';
import type { Reply } from '../../src/replica/output.ts';
import type { Call } from '../../src/simulation/calls.ts';
import { Staleness } from '../../src/simulation/staleness.ts';

const stale = (maxStaleMs?: number): Call => ({
  kind: 'query',
  machine: 'kv',
  body: {},
  consistency: 'stale',
  ...(maxStaleMs === undefined ? {} : { maxStaleMs }),
});

const reply = (index: number, staleMs?: number): Reply => ({
  kind: 'result',
  caller: 1,
  result: {},
  revision: index,
  index,
  staleMs,
});

function heard(): Staleness {
  const staleness = new Staleness();
  staleness.acknowledged(10_000, 5);
  staleness.acknowledged(20_000, 4);
  staleness.acknowledged(30_000, 9);
  return staleness;
}

test('an answer must see what clients had heard of before its bound', () => {
  const staleness = heard();
  expect(staleness.check(stale(20), 40_000, reply(5, 20), 1)).toBe(true);
  expect(() => staleness.check(stale(20), 40_000, reply(4, 20), 1)).toThrow('clients knew of 5');
  expect(() => staleness.check(stale(20), 40_000, reply(8, 5), 1)).toThrow('clients knew of 9');
  expect(staleness.check(stale(20), 40_000, reply(9, 5), 1)).toBe(true);
});

test('it must keep to the bound that was asked for, and have one', () => {
  expect(() => heard().check(stale(20), 40_000, reply(9, 21), 1)).toThrow('may be 20 ms old');
  expect(() => heard().check(stale(20), 40_000, reply(9), 1)).toThrow('may be 20 ms old');
  expect(heard().check(stale(), 40_000, reply(0), 1)).toBe(false);
});

test('a node whose clock runs at half speed is as old as that', () => {
  expect(heard().check(stale(20), 40_000, reply(0, 15), 2)).toBe(true);
  expect(() => heard().check(stale(20), 40_000, reply(0, 15), 1)).toThrow('clients knew of 5');
});
