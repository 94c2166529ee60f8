import { expect, test } from 'vitest';
import { ALL_FAULTS } from './faults/all-faults.ts';
import { schedule } from './schedule.ts';
import type { Round } from './schedule.ts';

function rounds(seed: number, count: number): readonly Round[] {
  const endless = schedule(ALL_FAULTS, seed);
  return Array.from({ length: count }, () => endless.next().value as Round);
}

test('a seed fixes the schedule, and another seed gives another one', () => {
  expect(rounds(7, 50)).toEqual(rounds(7, 50));
  expect(rounds(7, 50)).not.toEqual(rounds(8, 50));
});

test('every kind of fault comes before any comes a third time', () => {
  const kinds = rounds(1, 200).flatMap(({ faults }) => faults.map(({ kind }) => kind.name));
  const first = new Map(ALL_FAULTS.map(({ name }) => [name, kinds.indexOf(name)]));
  expect(Math.min(...first.values())).toBeGreaterThanOrEqual(0);
  expect(Math.max(...first.values())).toBeLessThan(3 * ALL_FAULTS.length);
});

test('what takes all nodes comes with no other fault of a node', () => {
  for (const { faults } of rounds(3, 500)) {
    const scopes = faults.map(({ kind }) => kind.scope).filter((scope) => scope !== 'network');
    if (scopes.includes('all')) expect(scopes).toHaveLength(1);
    expect(scopes.length).toBeLessThanOrEqual(2);
  }
});
