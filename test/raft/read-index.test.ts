import { expect, test } from 'vitest';
import { ReadRounds } from '../../src/raft/read-index.ts';

test('all reads that wait share a round, and get its index', () => {
  const reads = new ReadRounds();
  reads.add(1);
  reads.add(2);
  reads.open(7);
  expect([reads.asked, reads.isRoundDue, reads.count]).toEqual([1, false, 2]);
  expect(reads.confirm(1)).toEqual([
    { id: 1, index: 7 },
    { id: 2, index: 7 },
  ]);
  expect([reads.asked, reads.count]).toEqual([0, 0]);
});

test('a confirmed round confirms all before, and none after', () => {
  const reads = new ReadRounds();
  for (const id of [1, 2, 3]) {
    reads.add(id);
    reads.open(10 + id);
  }
  expect(reads.confirm(2).map(({ id }) => id)).toEqual([1, 2]);
  expect(reads.confirm(2)).toEqual([]);
  expect(reads.confirm(3).map(({ id }) => id)).toEqual([3]);
});

test('a read that came after a round began does not belong to it', () => {
  const reads = new ReadRounds();
  reads.add(1);
  reads.open(5);
  reads.add(2);
  expect(reads.confirm(1).map(({ id }) => id)).toEqual([1]);
  expect([reads.isRoundDue, reads.count]).toEqual([true, 1]);
});

test('when leadership is lost every read that waits is given back, in order', () => {
  const reads = new ReadRounds();
  reads.add(1);
  reads.open(5);
  reads.add(2);
  expect(reads.abort()).toEqual([1, 2]);
});
