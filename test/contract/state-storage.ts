import { expect, test } from 'vitest';
import type { RecordEntry } from '../../src/machine/records.ts';
import type { StagedChange } from '../../src/replica/output.ts';
import type { StateContents, StateStorage } from '../../src/storage/state-storage.ts';
import { msgpackCodec } from '../../src/wire/msgpack-codec.ts';

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
    const state = place.state();
    await state.open();
    const value = { text: 'ü', bytes: Uint8Array.of(0, 255), list: [1, 2.5, null, true], none: undefined };
    await state.write(
      [
        { key: '\u00ff', value: 1 },
        { key: 'a', value },
        { key: '\u0000', value: 0 },
        { key: '', value: 'empty' },
        { key: '\u007f', value: 2 },
        { key: '\u0080', value: 3 },
      ],
      { index: 7, term: 2 },
    );
    await state.close();
    const { records, applied } = await contentsOf(place);
    expect(applied).toStrictEqual({ index: 7, term: 2 });
    expect(records).toStrictEqual([
      ['', 'empty'],
      ['\u0000', 0],
      ['a', value],
      ['\u007f', 2],
      ['\u0080', 3],
      ['\u00ff', 1],
    ]);
  });

  contract('overlapping writes take effect in the order of the calls', async (place) => {
    const state = place.state();
    await state.open();
    const writes = Array.from({ length: 300 }, (_, at) =>
      state.write(
        [
          { key: 'last', value: at },
          { key: `k${at % 7}`, value: at % 3 === 0 ? undefined : at },
        ],
        { index: at + 1, term: 1 },
      ),
    );
    await Promise.all([...writes, state.sync()]);
    await state.close();
    const expected = new Map<string, number>();
    for (let at = 0; at < 300; at++) {
      expected.set('last', at);
      if (at % 3 === 0) expected.delete(`k${at % 7}`);
      else expected.set(`k${at % 7}`, at);
    }
    const { records, applied } = await contentsOf(place);
    expect(records).toStrictEqual([...expected].toSorted(([a], [b]) => (a < b ? -1 : 1)));
    expect(applied).toStrictEqual({ index: 300, term: 1 });
  });

  contract('a replacement leaves nothing of what was, and later writes follow it', async (place) => {
    const state = place.state();
    await state.open();
    const before = state.write([{ key: 'old', value: 1 }], { index: 1, term: 1 });
    const staged = [state.stage([{ key: 'none', encoded: msgpackCodec.encode(0) }]), state.discardStage()];
    for (let from = 0; from < 2500; from += 500) staged.push(state.stage(stagedFrom(from, from + 501)));
    const between = state.write([{ key: 'old', value: 2 }], { index: 2, term: 1 });
    staged.push(state.stage([{ key: key(2500), encoded: undefined }]));
    const replaced = state.replace({ index: 50, term: 3 });
    const after = state.write([{ key: key(3), value: undefined }], { index: 51, term: 3 });
    await Promise.all([before, ...staged, between, replaced, after]);
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
      const state = place.state();
      await state.open();
      await state.write([{ key: 'old', value: 1 }], { index: 1, term: 1 });
      await state.stage(stagedFrom(0, 10));
      await state.close();
      expect((await contentsOf(place)).records).toStrictEqual([['old', 1]]);
      const again = place.state();
      await again.open();
      await again.stage(stagedFrom(5, 7));
      await again.replace({ index: 9, term: 1 });
      await again.close();
      expect((await contentsOf(place)).records).toStrictEqual([
        [key(5), 5],
        [key(6), 6],
      ]);
    },
  );

  contract('a closed state takes nothing, and closing waits for what was begun', async (place) => {
    const state = place.state();
    await state.open();
    const write = state.write([{ key: 'a', value: 1 }], { index: 1, term: 1 });
    await state.close();
    await write;
    await expect(state.sync()).rejects.toMatchObject({ code: 'CLOSED' });
    expect((await contentsOf(place)).records).toStrictEqual([['a', 1]]);
  });
}

function stagedFrom(from: number, to: number): readonly StagedChange[] {
  return Array.from({ length: to - from }, (_, at) => ({
    key: key(from + at),
    encoded: msgpackCodec.encode(from + at),
  }));
}

function key(at: number): string {
  return `k${String(at).padStart(5, '0')}`;
}

async function contentsOf(place: StatePlace): Promise<StateContents> {
  const state = place.state();
  const contents = await state.open();
  await state.close();
  return contents;
}
