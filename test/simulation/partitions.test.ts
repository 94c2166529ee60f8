import { expect, test } from 'vitest';
import {
  partialPartitions,
  runPartition,
  singleLinks,
  symmetricSplits,
} from '../../src/simulation/partitions.ts';
import type { Link } from '../../src/simulation/links.ts';

const BASE = Number(process.env['SEED']) % 1_000_000;

function mustHold(nodes: number, shapes: readonly (readonly Link[])[]): void {
  for (const [at, links] of shapes.entries()) {
    const { failure } = runPartition({ seed: BASE + at, nodes, links });
    expect(
      failure,
      `seed ${BASE + at}, cut: ${links.map((link) => link.join('>')).join(' ')}`,
    ).toBeUndefined();
  }
}

test('every split of three and of five nodes into two sides is survived', { timeout: 120_000 }, () => {
  expect([symmetricSplits(3).length, symmetricSplits(5).length]).toEqual([3, 15]);
  mustHold(3, symmetricSplits(3));
  mustHold(5, symmetricSplits(5));
});

test('every single link of five nodes may fail, in each direction', { timeout: 120_000 }, () => {
  expect(singleLinks(5)).toHaveLength(20);
  mustHold(5, singleLinks(5));
});

test(
  'whatever graph of links is left of five nodes, a connected quorum goes on',
  { timeout: 120_000 },
  () => {
    expect(partialPartitions(5)).toHaveLength(34);
    mustHold(5, partialPartitions(5));
  },
);
