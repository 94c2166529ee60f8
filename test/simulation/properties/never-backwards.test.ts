import { expect, test } from 'vitest';
import { NeverBackwards } from '../../../src/simulation/properties/never-backwards.ts';
import { disk, log, raft, turn } from './synthetic.ts';

const before = raft(1, { term: 3, vote: 2, commitIndex: 2, appliedIndex: 2, entries: log(1, 1, 1) });
const onDisk = [disk([], { term: 3, vote: 2 })];

test('term, commit index, applied index and vote of a running node only go on', () => {
  const worse = [{ term: 2 }, { commitIndex: 1 }, { appliedIndex: 1 }, { vote: 3 }, { vote: undefined }];
  for (const change of worse) {
    const property = new NeverBackwards();
    property.afterTurn(turn(before, { disks: onDisk }));
    expect(() => property.afterTurn(turn({ ...before, ...change }, { disks: onDisk }))).toThrow(
      'never backwards',
    );
  }
});

test('a restart may lose what was only in memory, and nothing that was on disk', () => {
  const property = new NeverBackwards();
  property.afterTurn(turn({ ...before, term: 5 }, { disks: onDisk }));
  property.restarted(1, { ...before, commitIndex: 0, appliedIndex: 0 });
  expect(() => property.restarted(1, { ...before, term: 2 })).toThrow('came back with term 2 after 3');
  expect(() => property.restarted(1, { ...before, vote: undefined })).toThrow('came back without its vote');
});

test('a disk whose term goes back is found', () => {
  const property = new NeverBackwards();
  property.afterTurn(turn(before, { disks: onDisk }));
  const worse = [disk([], { term: 2, vote: 2 })];
  expect(() => property.afterTurn(turn(before, { disks: worse }))).toThrow('went from term 3 to 2');
});

test('a promise of a term that ended in an earlier turn is found', () => {
  const promise = { kind: 'append-accepted', from: 1, to: 2, matchIndex: 3 } as const;
  const saying = (term: number) => turn(before, { disks: onDisk, output: { send: [{ ...promise, term }] } });
  const property = new NeverBackwards();
  property.afterTurn(turn({ ...before, term: 2, vote: undefined }, { disks: onDisk }));
  property.afterTurn(saying(2));
  property.afterTurn(saying(3));
  expect(() => property.afterTurn(saying(2))).toThrow('says append-accepted of term 2');
});
