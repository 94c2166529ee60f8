import { expect, test } from 'vitest';
import { LogBounds } from '../../../src/simulation/properties/log-bounds.ts';
import { disk, log, raft, turn, write } from './synthetic.ts';

const sound = raft(1, { entries: log(1, 1, 1), commitIndex: 2, appliedIndex: 1 });
const stored = log(1, 1, 1);

test('compacted, applied, committed and last stand in their order', () => {
  const property = new LogBounds();
  property.afterTurn(turn(sound, { disks: [disk(stored)] }));
  const worse = [
    { appliedIndex: 3 },
    { commitIndex: 4 },
    { stableIndex: 4 },
    { base: { index: 3, term: 1 }, entries: [], commitIndex: 2 },
  ];
  for (const change of worse) {
    expect(() => property.afterTurn(turn({ ...sound, ...change }, { disks: [disk(stored)] }))).toThrow(
      'log bounds',
    );
  }
});

test('what is applied before it is on the own disk is found, unless a snapshot brought it', () => {
  const ahead = { ...sound, commitIndex: 3, appliedIndex: 3, stableIndex: 2 };
  const disks = [disk(stored)];
  expect(() => new LogBounds().afterTurn(turn(ahead, { disks }))).toThrow('applied 3');
  const property = new LogBounds();
  property.restarted(1, { ...sound, appliedIndex: 3 });
  property.afterTurn(turn(ahead, { disks }));
});

test('entries that are compacted before they are in the durable state are found', () => {
  const property = new LogBounds();
  const output = { write: write({ compactTo: 2 }) };
  property.afterTurn(turn(sound, { output, disks: [disk(stored, undefined, 2)] }));
  expect(() => property.afterTurn(turn(sound, { output, disks: [disk(stored, undefined, 1)] }))).toThrow(
    'compacts its log to 2; its durable state ends at 1',
  );
});

test('an index that is called stable and is not on the disk, or is another entry there, is found', () => {
  for (const on of [log(1, 1), log(1, 1, 2)]) {
    expect(() => new LogBounds().afterTurn(turn(sound, { disks: [disk(on)] }))).toThrow('is not on its disk');
  }
});

test('a snapshot that empties a log which goes on behind it is found', () => {
  const replaceState = { applied: { index: 2, term: 1 } };
  const shorter = raft(1, { base: { index: 2, term: 1 }, entries: [], commitIndex: 2, appliedIndex: 2 });
  const longer = { ...sound, appliedIndex: 2 };
  const install = { output: { replaceState }, disks: [disk(stored)] };
  new LogBounds().afterTurn(turn(longer, install));
  expect(() => new LogBounds().afterTurn(turn(shorter, install))).toThrow('its log ends at 2 instead of 3');
  // Another history than the one that the snapshot belongs to goes.
  new LogBounds().afterTurn(turn(shorter, { ...install, disks: [disk(log(1, 2, 2))] }));
});

/** A snapshot leaves node 1 that is said to be as of this entry. */
function sending(index: number, term: number) {
  const chunk = { kind: 'snapshot-request', from: 1, to: 2, term: 1, chunk: 0, last: true } as const;
  const send = [{ ...chunk, snapshot: { index, term }, data: Uint8Array.of() }];
  return turn(sound, { output: { send }, disks: [disk(stored)] });
}

test('a snapshot that is said to reflect what is not applied, or another entry, is found', () => {
  new LogBounds().afterTurn(sending(1, 1));
  for (const [index, term] of [
    [2, 1],
    [1, 2],
  ] as const) {
    const told = `it sends a snapshot as of entry ${index} of term ${term}`;
    expect(() => new LogBounds().afterTurn(sending(index, term))).toThrow(told);
  }
});
