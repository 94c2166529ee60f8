import { expect, test } from 'vitest';
import { cutFrom, describeGroups, parseGroups } from '../../cluster/partition.ts';

const IDS = [1, 2, 3, 4, 5];

test('groups are read as they are written', () => {
  expect(parseGroups('1,2/3,4,5', IDS)).toEqual([
    [1, 2],
    [3, 4, 5],
  ]);
  expect(describeGroups(parseGroups(' 1, 2 / 3,4 ,5 ', IDS))).toBe('1,2/3,4,5');
});

test.each(['', '1,2/', '1,6', '1,x', '/1', '1,,2', '1.5/2', '-1'])('%j is refused', (text) => {
  expect(() => parseGroups(text, IDS)).toThrow(/is no node of this cluster/);
});

test('a node keeps its links within its groups alone, and both ends agree on every cut', () => {
  for (const text of ['1,2/3,4,5', '1,2,3/3,4,5', '2', '1/2/3/4/5']) {
    const groups = parseGroups(text, IDS);
    for (const one of IDS) {
      for (const other of IDS.filter((id) => id !== one)) {
        const together = groups.some((group) => group.includes(one) && group.includes(other));
        expect(cutFrom(one, groups, IDS).includes(other)).toBe(!together);
        expect(cutFrom(other, groups, IDS).includes(one)).toBe(!together);
      }
    }
  }
});

test('a node in two groups bridges them', () => {
  const groups = parseGroups('1,2,3/3,4,5', IDS);
  expect(cutFrom(3, groups, IDS)).toEqual([]);
  expect(cutFrom(1, groups, IDS)).toEqual([4, 5]);
});

test('one group of all nodes cuts nothing', () => {
  for (const id of IDS) expect(cutFrom(id, [IDS], IDS)).toEqual([]);
});
