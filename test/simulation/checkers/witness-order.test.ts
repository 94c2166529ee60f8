import { expect, test } from 'vitest';
import { checkWitnessOrder, type Witnessed } from '../../../src/simulation/checkers/witness-order.ts';

function at(kind: 'read' | 'write', index: number, callUs: number, returnUs: number): Witnessed {
  return { client: 1, kind, index, callUs, returnUs };
}

test('operations that follow each other follow each other in the log; those that overlap need not', () => {
  checkWitnessOrder([
    at('write', 2, 0, 10),
    at('write', 1, 5, 20),
    at('read', 2, 21, 22),
    at('read', 2, 23, 24),
  ]);
});

test('a read of a place before a write that had returned is found', () => {
  expect(() => checkWitnessOrder([at('write', 2, 0, 10), at('read', 1, 11, 12)])).toThrow('stands before it');
});

test('a read that goes back behind another read is found', () => {
  expect(() => checkWitnessOrder([at('read', 7, 0, 10), at('read', 6, 11, 12)])).toThrow('stands before it');
});

test('a write at or before the place of what had returned is found', () => {
  expect(() => checkWitnessOrder([at('read', 3, 0, 10), at('write', 3, 11, 12)])).toThrow('stands before it');
});

test('two writes in one place are found', () => {
  expect(() => checkWitnessOrder([at('write', 3, 0, 10), at('write', 3, 5, 12)])).toThrow('has the place of');
});

test('the latest of many is remembered', () => {
  const many = Array.from({ length: 1000 }, (_, index) => at('write', index + 1, index * 10, index * 10 + 9));
  checkWitnessOrder(many);
  expect(() => checkWitnessOrder([...many, at('read', 999, 20_000, 20_001)])).toThrow('stands before it');
});
