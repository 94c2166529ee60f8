import { expect, test } from 'vitest';
import type { RecordEntry } from '../../src/machine/records.ts';
import type { StagedChange } from '../../src/replica/output.ts';
import type { Position } from '../../src/raft/entry.ts';
import type { StateContents, StateStorage } from '../../src/storage/state-storage.ts';
import { recordsOf, StoredRecords } from './stored-records.ts';

/** Where states of one kind live; each test begins with an empty place. */
export interface StatePlace {
  /** A state that is not open yet, over what the one before left. */
  state(): StateStorage;
  remove(): Promise<void>;
}

/** What every StateStorage promises. */
export function stateStorageContract(name: string, makePlace: () => Promise<StatePlace>): void {
  const contract = (claim: string, body: (place: StatePlace) => Promise<void>): void => {
    test(`${name}: ${claim}`, async () => {
      const place = await makePlace();
      try {
        await body(place);
      } finally {
        await place.remove();
      }
    });
  };

  contract('a new state is empty, and stays so', async (place) => {
    for (let times = 0; times < 2; times++) {
      expect(await contentsOf(place)).toStrictEqual({
        records: [],
        applied: { index: 0, term: 0 },
        setAside: undefined,
      });
    }
  });

  contract('what was written comes back, ordered by byte, with the place it reflects', async (place) => {
    const stored = new StoredRecords();
    const state = place.state();
    await state.open();
    const value = { text: 'ü', bytes: Uint8Array.of(0, 255), list: [1, 2.5, null, true], none: undefined };
    await state.write(
      [
        stored.change('m/\u00ff', 1),
        stored.change('m/a', value),
        stored.change('m/\u0000', 0),
        stored.change('m/', 'empty'),
        stored.change('m/\u007f', 2),
        stored.change('m/\u0080', 3),
      ],
      { index: 7, term: 2 },
    );
    await state.close();
    const { records, applied } = await contentsOf(place);
    expect(applied).toStrictEqual({ index: 7, term: 2 });
    expect(records).toStrictEqual([
      ['m/', 'empty'],
      ['m/\u0000', 0],
      ['m/a', value],
      ['m/\u007f', 2],
      ['m/\u0080', 3],
      ['m/\u00ff', 1],
    ]);
  });

  contract('overlapping writes take effect in the order of the calls', async (place) => {
    const stored = new StoredRecords();
    const state = place.state();
    await state.open();
    const writes = Array.from({ length: 300 }, (_, at) =>
      state.write(
        [stored.change('m/last', at), stored.change(`m/k${at % 7}`, at % 3 === 0 ? undefined : at)],
        { index: at + 1, term: 1 },
      ),
    );
    await Promise.all([...writes, state.sync()]);
    await state.close();
    const expected = new Map<string, number>();
    for (let at = 0; at < 300; at++) {
      expected.set('m/last', at);
      if (at % 3 === 0) expected.delete(`m/k${at % 7}`);
      else expected.set(`m/k${at % 7}`, at);
    }
    const { records, applied } = await contentsOf(place);
    expect(records).toStrictEqual([...expected].toSorted(([a], [b]) => (a < b ? -1 : 1)));
    expect(applied).toStrictEqual({ index: 300, term: 1 });
  });

  contract('a replacement leaves nothing of what was, and later writes follow it', async (place) => {
    const stored = new StoredRecords();
    const state = place.state();
    await state.open();
    const before = state.write([stored.change('m/old', 1)], { index: 1, term: 1 });
    const next = new StoredRecords();
    const steps = [state.stage([new StoredRecords().staged('m/none', 0)]), state.discardStage()];
    for (let from = 0; from < 2500; from += 500) steps.push(state.stage(stagedFrom(next, from, from + 501)));
    const between = state.write([stored.change('m/old', 2)], { index: 2, term: 1 });
    steps.push(state.stage([next.staged(key(2500), undefined)]));
    const replaced = state.replace({ index: 50, term: 3 });
    const after = state.write([next.change(key(3), undefined)], { index: 51, term: 3 });
    await Promise.all([before, ...steps, between, replaced, after]);
    await state.close();
    const { records, applied } = await contentsOf(place);
    const expected: RecordEntry<number>[] = Array.from({ length: 2500 }, (_, at) => [key(at), at]);
    expect(records).toStrictEqual(expected.filter(([, at]) => at !== 3));
    expect(applied).toStrictEqual({ index: 51, term: 3 });
    const again = place.state();
    await again.open();
    await again.replace({ index: 60, term: 4 });
    await again.close();
    expect(await contentsOf(place)).toStrictEqual({
      records: [],
      applied: { index: 60, term: 4 },
      setAside: undefined,
    });
  });

  contract(
    'what was staged and did not take the place of the state is gone after a restart',
    async (place) => {
      const stored = new StoredRecords();
      const state = place.state();
      await state.open();
      await state.write([stored.change('m/old', 1)], { index: 1, term: 1 });
      await state.stage(stagedFrom(new StoredRecords(), 0, 10));
      await state.close();
      expect((await contentsOf(place)).records).toStrictEqual([['m/old', 1]]);
      const again = place.state();
      await again.open();
      await again.stage(stagedFrom(new StoredRecords(), 5, 7));
      await again.replace({ index: 9, term: 1 });
      await again.close();
      expect((await contentsOf(place)).records).toStrictEqual([
        [key(5), 5],
        [key(6), 6],
      ]);
    },
  );

  contract('a closed state takes nothing, and closing waits for what was begun', async (place) => {
    const stored = new StoredRecords();
    const state = place.state();
    await state.open();
    const write = state.write([stored.change('m/a', 1)], { index: 1, term: 1 });
    await state.close();
    await write;
    await expect(state.sync()).rejects.toMatchObject({ code: 'CLOSED' });
    expect((await contentsOf(place)).records).toStrictEqual([['m/a', 1]]);
  });
}

function stagedFrom(stored: StoredRecords, from: number, to: number): readonly StagedChange[] {
  return Array.from({ length: to - from }, (_, at) => stored.staged(key(from + at), from + at));
}

function key(at: number): string {
  return `m/k${String(at).padStart(5, '0')}`;
}

interface Found {
  readonly records: readonly RecordEntry<unknown>[];
  readonly applied: Position;
  readonly setAside: StateContents['setAside'];
}

async function contentsOf(place: StatePlace): Promise<Found> {
  const state = place.state();
  const { tree, applied, setAside } = await state.open();
  await state.close();
  return { records: recordsOf(tree), applied, setAside };
}
