import { expect, test } from 'vitest';
import { RepairRestores } from '../../../src/simulation/properties/repair-restores.ts';
import { disk, entry, log, raft, turn, write } from './synthetic.ts';

/** The log held entries 1 to 3, the last two of term 3, and lost some of them. */
function filling(index: number, term: number, fills = true) {
  const output = { write: write({ entries: [entry(index, term)], ...(fills ? { fills } : {}) }) };
  return turn(raft(1), { output, disks: [disk(log(1, 3, 3))] });
}

test('a gap that is filled with what stood there is sound', () => {
  new RepairRestores().afterTurn(filling(2, 3));
});

test('an entry of another term in the gap is found', () => {
  expect(() => new RepairRestores().afterTurn(filling(2, 2))).toThrow('lost entry 2, and puts one of term 2');
});

test('a log that is whole takes what its leader has', () => {
  new RepairRestores().afterTurn(filling(2, 4, false));
});
