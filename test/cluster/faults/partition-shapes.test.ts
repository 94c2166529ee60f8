import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SeededRandom } from '../../../src/base/seeded-random.ts';
import { drawPartition, PARTITION_SHAPES } from '../../../cluster/faults/partition-shapes.ts';
import type { PartitionShape } from '../../../cluster/faults/partition-shapes.ts';

const IDS = [1, 2, 3, 4, 5];

test('every shape cuts some links between two different nodes, each once', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...PARTITION_SHAPES),
      fc.integer(),
      fc.constantFrom(undefined, ...IDS),
      (shape, seed, leader) => {
        const { links, tells } = drawPartition(shape, IDS, leader, new SeededRandom(seed));
        expect(links.length).toBeGreaterThan(0);
        expect(new Set(links.map(String)).size).toBe(links.length);
        for (const [from, to] of links) {
          expect(from).not.toBe(to);
          expect(IDS).toContain(from);
          expect(IDS).toContain(to);
        }
        expect(tells).not.toBe('');
      },
    ),
  );
});

function draw(shape: PartitionShape): readonly string[] {
  return drawPartition(shape, IDS, 3, new SeededRandom(1)).links.map(String);
}

test('the shapes are what they are called', () => {
  expect(draw('leader-alone').every((link) => link.includes('3'))).toBe(true);
  expect(draw('leader-alone')).toHaveLength(8);
  expect(draw('one-link')).toHaveLength(1);
  expect(draw('one-way-out')).toHaveLength(4);
  expect(new Set(draw('one-way-out').map((link) => link.charAt(0))).size).toBe(1);
  expect(draw('bridge')).toHaveLength(8); // two and two that do not reach each other, both ways
  expect(draw('ring')).toHaveLength(10); // of 20 links each node keeps those to two neighbours
  expect(draw('everyone-alone')).toHaveLength(20);
  expect(draw('leader-and-one')).toHaveLength(12);
});
