import { expect, test } from 'vitest';
import { ForwardedReads } from '../../src/raft/forwarded-reads.ts';

const forwarded = (): ForwardedReads => new ForwardedReads({ retryTicks: 2, ticksMax: 5, firstId: () => 70 });

test('all reads of a turn share one question, those that may use a lease another', () => {
  const reads = forwarded();
  reads.add(1, { lease: false });
  reads.add(2, { lease: true });
  reads.add(3, { lease: false });
  expect(reads.takeQuestions(4)).toEqual([
    { id: 70, lease: false },
    { id: 71, lease: true },
  ]);
  expect([reads.count, reads.isDue(4)]).toEqual([3, false]);
  expect(reads.answered(70, 9)).toEqual([
    { id: 1, index: 9 },
    { id: 3, index: 9 },
  ]);
  expect(reads.answered(70, 10)).toEqual([]);
  expect(reads.refused(71)).toEqual([2]);
  expect(reads.count).toBe(0);
});

test('a question without an answer is asked again, and at once of a leader of another term', () => {
  const reads = forwarded();
  reads.add(1, { lease: false });
  reads.takeQuestions(4);
  reads.tick();
  expect(reads.isDue(4)).toBe(false);
  reads.tick();
  expect(reads.takeQuestions(4)).toEqual([{ id: 70, lease: false }]);
  expect(reads.isDue(4)).toBe(false);
  expect(reads.takeQuestions(5)).toEqual([{ id: 70, lease: false }]);
});

test('reads that got no answer for too long are given up', () => {
  const reads = forwarded();
  reads.add(1, { lease: false });
  reads.takeQuestions(4);
  reads.tick();
  reads.add(2, { lease: false });
  reads.takeQuestions(4);
  expect([1, 2, 3].flatMap(() => reads.tick())).toEqual([]);
  expect(reads.tick()).toEqual([1]);
  expect(reads.tick()).toEqual([2]);
  expect([reads.count, reads.answered(70, 3)]).toEqual([0, []]);
});

test('a node that comes to lead takes them all over', () => {
  const reads = forwarded();
  reads.add(1, { lease: true });
  reads.takeQuestions(4);
  reads.add(2, { lease: false });
  expect(reads.takeAll()).toEqual([1, 2]);
  expect([reads.count, reads.isDue(5)]).toEqual([0, false]);
});
