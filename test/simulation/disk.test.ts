import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { SeededRandom } from '../../src/base/seeded-random.ts';
import { NO_CONFIGURATION } from '../../src/raft/configuration.ts';
import { DurableEntries } from '../../src/simulation/durable-entries.ts';
import { SimulatedDisk } from '../../src/simulation/disk.ts';
import { Marks } from '../../src/simulation/marks.ts';
import { held, PACKING, recordsOf, StoredRecords } from '../contract/stored-records.ts';
import { entry } from './properties/synthetic.ts';

test('a crash keeps what was synced, and of the rest a beginning', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 10 }),
      fc.nat(10),
      fc.nat(),
      fc.constantFrom(0, 0.5, 1),
      (sizes, completed, seed, keepChance) => {
        const disk = new SimulatedDisk(1);
        let index = 0;
        const ends = sizes.map((size, at) => {
          const entries = Array.from({ length: size }, () => entry(++index, 1));
          disk.begin({ id: at + 1, hardState: { term: at + 1, vote: 1 }, entries });
          return index;
        });
        const done = Math.min(completed, sizes.length);
        for (let write = 0; write < done; write++) disk.complete();
        const synced = ends[done - 1] ?? 0;
        expect(disk.lastIndex).toBe(synced);
        disk.crash(new SeededRandom(seed), keepChance, new Marks());
        const { hardState, entries } = disk.recover(PACKING, NO_CONFIGURATION, new Marks());
        expect(entries.length).toBeGreaterThanOrEqual(synced);
        expect(hardState.term).toBeGreaterThanOrEqual(done);
        // The term is the first record of its write: no entry is there before it.
        expect(entries.length).toBeLessThanOrEqual(ends[hardState.term - 1] ?? 0);
        expect(entries.map((each) => each.index)).toEqual(entries.map((_, at) => at + 1));
        if (keepChance === 1) expect(entries).toHaveLength(index);
      },
    ),
  );
});

test('a truncation takes the entries behind it, and a torn one leaves them', () => {
  const disk = new SimulatedDisk(1);
  disk.begin({ id: 1, entries: [entry(1, 1), entry(2, 1), entry(3, 1)] });
  disk.complete();
  disk.begin({ id: 2, truncateFrom: 2, entries: [entry(2, 2)] });
  disk.complete();
  expect([disk.lastIndex, disk.termAt(2), disk.termAt(3)]).toEqual([2, 2, undefined]);
});

test('what a damaged log held is known until the log is another one', () => {
  const held = [entry(1, 1), entry(2, 1), entry(3, 2), entry(4, 2)];
  const anchor = { index: 4, term: 2 };
  const terms = [
    { index: 1, term: 1 },
    { index: 3, term: 2 },
  ];
  const damaged = (): DurableEntries => {
    const log = new DurableEntries();
    log.replace({
      hardState: { term: 2, vote: 1 },
      base: { index: 0, term: 0 },
      entries: held.slice(0, 1),
      damage: { first: 2, anchor, terms, beyond: held.slice(3), what: '' },
    });
    return log;
  };
  const known = (log: DurableEntries): readonly number[] =>
    held.filter((each) => log.knows(each)).map(({ index }) => index);

  expect(known(damaged())).toEqual([1, 2, 3, 4]);
  expect(damaged().knows(entry(2, 2))).toBe(false);
  expect(damaged().knows(entry(5, 2))).toBe(false);

  const truncated = damaged();
  truncated.apply({ id: 1, truncateFrom: 2, entries: [entry(2, 3)] }, Number.POSITIVE_INFINITY, 1);
  expect(known(truncated)).toEqual([1]);

  const filled = damaged();
  filled.apply({ id: 1, fills: true, entries: held.slice(1, 3) }, Number.POSITIVE_INFINITY, 1);
  expect([known(filled), filled.lastIndex]).toEqual([[1, 2, 3, 4], 4]);
});

test('a state ahead of its log makes the log begin anew behind it', () => {
  const disk = new SimulatedDisk(1);
  disk.begin({ id: 1, hardState: { term: 1, vote: 1 }, entries: [entry(1, 1)] });
  disk.complete();
  disk.state.stage({
    kind: 'write',
    id: 1,
    changes: [new StoredRecords().staged('a/b', 7)],
  });
  disk.state.replace({ applied: { index: 9, term: 3 } })();
  disk.crash(new SeededRandom(1), 0, new Marks());
  const { tree, ...restored } = disk.recover(PACKING, NO_CONFIGURATION, new Marks());
  expect(recordsOf(tree)).toEqual([['a/b', 7]]);
  expect(restored).toEqual({
    hardState: { term: 3, vote: undefined },
    base: { index: 9, term: 3 },
    entries: [],
    applied: { index: 9, term: 3 },
    configuration: NO_CONFIGURATION,
  });
});

test('state batches are lost from the end, and none that was synced', () => {
  for (let seed = 0; seed < 50; seed++) {
    const disk = new SimulatedDisk(1);
    const stored = new StoredRecords();
    for (let index = 1; index <= 5; index++) {
      disk.state.write({ changes: held(stored.change(`m/k${index}`, index)), applied: { index, term: 1 } });
      if (index === 3) expect(disk.state.synced(disk.state.startSync())).toBe(3);
    }
    disk.state.crash(new SeededRandom(seed), false, new Marks());
    const { index } = disk.state.applied;
    expect(index).toBeGreaterThanOrEqual(3);
    const expected = Array.from({ length: index }, (_, at) => [`m/k${at + 1}`, at + 1]);
    expect(recordsOf(disk.state.read(PACKING))).toEqual(expected);
  }
});
