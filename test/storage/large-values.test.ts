import { cp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { expect, test } from 'vitest';
import { LevelState } from '../../src/storage/state/level-state.ts';
import type { StateContents } from '../../src/storage/state-storage.ts';
import { PACKING, recordsOf, StoredRecords } from '../contract/stored-records.ts';
import { inTemporaryDirectory } from './temporary-directory.ts';

const MIB = 1024 * 1024;

const stateIn = (directory: string): LevelState => new LevelState({ directory, packing: PACKING });

const value = (fill: number, length: number = MIB): Uint8Array => new Uint8Array(length).fill(fill);

/** The same with a checksum in the place of bytes, which are long to compare. */
function told(found: unknown): unknown {
  if (found instanceof Uint8Array) return `${found.length} bytes, ${crc32(found)}`;
  if (Array.isArray(found)) return found.map(told);
  if (typeof found !== 'object' || found === null) return found;
  return Object.fromEntries(Object.entries(found).map(([name, field]) => [name, told(field)]));
}

interface Found {
  readonly records: unknown;
  readonly setAside: StateContents['setAside'];
}

async function contentsOf(directory: string): Promise<Found> {
  const state = stateIn(directory);
  const { tree, setAside } = await state.open();
  await state.close();
  return { records: told(recordsOf(tree)), setAside };
}

async function filesIn(directory: string, generation = 1): Promise<readonly string[]> {
  const names = await readdir(join(directory, `state-${generation}`));
  return names.filter((name) => name.startsWith('large-')).toSorted();
}

async function bytesIn(directory: string): Promise<number> {
  const files = await filesIn(directory);
  const sizes = await Promise.all(files.map((name) => stat(join(directory, 'state-1', name))));
  return sizes.reduce((sum, { size }) => sum + size, 0);
}

/** Each write is of one entry. */
async function writeAll(
  state: LevelState,
  writes: readonly ReturnType<StoredRecords['change']>[][],
): Promise<void> {
  let index = 0;
  for (const changes of writes) await state.write(changes, { index: ++index, term: 1 });
}

test('bytes that two records share in one write are stored once, and come back with both', async () => {
  await inTemporaryDirectory(async (directory) => {
    const stored = new StoredRecords();
    const state = stateIn(directory);
    await state.open();
    const bytes = value(7);
    const shared = [
      { ...stored.change('h/1', ['put', { value: bytes }]), bytes: bytes.length },
      { ...stored.change('k/a', [1, bytes, 'end']), bytes: bytes.length },
    ];
    await writeAll(state, [shared]);
    expect(await bytesIn(directory)).toBe(MIB);
    await state.write([stored.change('k/a', undefined)], { index: 2, term: 1 });
    await state.sync();
    await state.close();
    expect((await contentsOf(directory)).records).toStrictEqual(told([['h/1', ['put', { value: bytes }]]]));
  });
});

test('a large value may become a small one, and the other way round', async () => {
  await inTemporaryDirectory(async (directory) => {
    const stored = new StoredRecords();
    const state = stateIn(directory);
    await state.open();
    await writeAll(state, [
      [stored.change('k/a', value(1)), stored.change('k/b', value(2, 10)), stored.change('k/c', value(3))],
      [stored.change('k/a', value(4, 10)), stored.change('k/b', value(5)), stored.change('k/c', undefined)],
    ]);
    await state.close();
    const records = [['k/a', value(4, 10)], ['k/b', value(5)]]; // prettier-ignore
    expect(await contentsOf(directory)).toStrictEqual({
      records: told(records),
      setAside: undefined,
    });
  });
});

test('a file of which nothing is needed stays until that is on stable storage, then it goes', async () => {
  await inTemporaryDirectory(async (directory) => {
    const stored = new StoredRecords();
    const state = stateIn(directory);
    await state.open();
    await writeAll(state, [[stored.change('k/a', value(1))]]);
    await state.close();
    const again = stateIn(directory);
    await again.open();
    await again.write([stored.change('k/a', value(2))], { index: 2, term: 1 });
    expect(await filesIn(directory)).toStrictEqual(['large-1.values', 'large-2.values']);
    await again.sync();
    expect(await filesIn(directory)).toStrictEqual(['large-2.values']);
    await again.close();
    expect((await contentsOf(directory)).records).toStrictEqual(told([['k/a', value(2)]]));
  });
});

test('files hold little more than twice what is needed, whatever stays of each', async () => {
  await inTemporaryDirectory(async (directory) => {
    const stored = new StoredRecords();
    const state = stateIn(directory);
    await state.open();
    const expected = new Map<string, Uint8Array>();
    const put = (key: string, fill: number, length: number): ReturnType<StoredRecords['change']> => {
      expected.set(key, value(fill, length));
      return stored.change(key, value(fill, length));
    };
    // Each file keeps one value for ever; all else in it is replaced.
    for (let index = 1; index <= 12; index++) {
      const stays = put(`k/stays-${index}`, index, MIB);
      const goes = [1, 2, 3].map((at) => put(`k/goes-${at}`, index + at, 12 * MIB));
      await state.write([stays, ...goes], { index, term: 1 });
      await state.sync();
      const needed = [...expected.values()].reduce((sum, { length }) => sum + length, 0);
      expect(await bytesIn(directory)).toBeLessThanOrEqual(2 * needed + 3 * 64 * MIB);
    }
    expect(await filesIn(directory)).not.toContain('large-1.values');
    await state.close();
    const { records, setAside } = await contentsOf(directory);
    expect(setAside).toBeUndefined();
    expect(records).toStrictEqual(told([...expected].toSorted(([left], [right]) => (left < right ? -1 : 1))));
  });
}, 60_000);

test('what was staged with large values takes the place of everything, and its files go with it', async () => {
  await inTemporaryDirectory(async (directory) => {
    const stored = new StoredRecords();
    const state = stateIn(directory);
    await state.open();
    await writeAll(state, [[stored.change('k/old', value(1))]]);
    const next = new StoredRecords();
    await state.stage([next.staged('k/a', value(2)), next.staged('k/b', 3)]);
    await state.stage([next.staged('k/c', [value(4), value(5)])]);
    await state.replace({ index: 9, term: 2 });
    expect(await filesIn(directory, 2)).toStrictEqual(['large-1.values']);
    await state.write([next.change('k/a', value(6))], { index: 10, term: 2 });
    await state.close();
    const records = [['k/a', value(6)], ['k/b', 3], ['k/c', [value(4), value(5)]]]; // prettier-ignore
    expect(await contentsOf(directory)).toStrictEqual({ records: told(records), setAside: undefined });
  });
});

const damages: readonly (readonly [string, (path: string) => Promise<void>])[] = [
  [
    'has a wrong bit',
    (path) => readFile(path).then((bytes) => writeFile(path, bytes.fill(0xff, MIB + 5, MIB + 6))),
  ],
  ['is cut off', (path) => truncate(path, 2 * MIB - 1)],
  ['is missing', (path) => rm(path)],
];

test.each(damages)('a file that %s is found, and the state set aside', async (_, damage) => {
  await inTemporaryDirectory(async (directory) => {
    const stored = new StoredRecords();
    const state = stateIn(directory);
    await state.open();
    await writeAll(state, [[stored.change('k/a', value(1)), stored.change('k/b', value(2))]]);
    await state.close();
    await cp(directory, `${directory}-sound`, { recursive: true });
    await damage(join(directory, 'state-1', 'large-1.values'));
    const { records, setAside } = await contentsOf(directory);
    expect(records).toStrictEqual([]);
    expect(setAside?.reason).toMatch(/^the record "rk\/[ab]" is not what was stored$/);
    const sound = await contentsOf(`${directory}-sound`);
    await rm(`${directory}-sound`, { recursive: true });
    expect(sound.setAside).toBeUndefined();
  });
});
