import { randomBytes } from 'node:crypto';
import { cp, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Level } from 'level';
import { expect, onTestFinished, test, vi } from 'vitest';
import { BLOCK_BYTES } from '../../src/storage/state/state-block.ts';
import { LevelState } from '../../src/storage/state/level-state.ts';
import { StateDatabase } from '../../src/storage/state/state-database.ts';
import { StateDirectory } from '../../src/storage/state/state-directory.ts';
import { blockKey, sealValue } from '../../src/storage/state/state-value.ts';
import { msgpackCodec } from '../../src/wire/msgpack-codec.ts';
import { RecordTree } from '../../src/machine/record-tree.ts';
import type { RecordEntry } from '../../src/machine/records.ts';
import type { Position } from '../../src/raft/entry.ts';
import type { StagedChange } from '../../src/replica/output.ts';
import type { StateContents } from '../../src/storage/state-storage.ts';
import { stateStorageContract } from '../contract/state-storage.ts';
import { PACKING, recordsOf, StoredRecords } from '../contract/stored-records.ts';
import { inTemporaryDirectory } from './temporary-directory.ts';

const stateIn = (directory: string): LevelState => new LevelState({ directory, packing: PACKING });

stateStorageContract('LevelState', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'kvorum-state-'));
  return {
    state: () => stateIn(directory),
    remove: () => rm(directory, { recursive: true }),
  };
});

interface Found {
  readonly records: readonly RecordEntry<unknown>[];
  readonly applied: Position;
  readonly setAside: StateContents['setAside'];
}

async function contentsOf(directory: string): Promise<Found> {
  const state = stateIn(directory);
  const { tree, applied, setAside } = await state.open();
  await state.close();
  return { records: recordsOf(tree), applied, setAside };
}

/** Twenty records in generation 1, the last ten of them rewritten after a sync. */
async function fill(directory: string): Promise<void> {
  const stored = new StoredRecords();
  const state = stateIn(directory);
  await state.open();
  for (let index = 1; index <= 30; index++) {
    await state.write([stored.change(`m/k${index % 20}`, { index })], { index, term: 1 });
    if (index === 20) await state.sync();
  }
  await state.close();
}

async function rawDatabase(
  directory: string,
  change: (level: Level<string, Uint8Array>) => Promise<void>,
): Promise<void> {
  const level = new Level<string, Uint8Array>(join(directory, 'state-1'), { valueEncoding: 'view' });
  await level.open();
  await change(level);
  await level.close();
}

/** As sound as what was written, but nobody wrote it. */
const add =
  (key: string) =>
  (level: Level<string, Uint8Array>): Promise<void> => {
    const value = sealValue(key, { value: msgpackCodec.encode(1), bytes: 9, stamp: 7 });
    return level.batch([{ type: 'put', key, value }], { sync: true });
  };

/** Under the key of a block, what is stored under another key. */
const move =
  (from: number, key: string) =>
  async (level: Level<string, Uint8Array>): Promise<void> => {
    const value = Uint8Array.from((await level.get(blockKey(from))) ?? []);
    await level.batch([{ type: 'put', key, value }], { sync: true });
  };

const lose =
  (key: string) =>
  (level: Level<string, Uint8Array>): Promise<void> =>
    level.batch([{ type: 'del', key }], { sync: true });

const damages: readonly (readonly [
  damage: string,
  reason: string,
  damaging: (level: Level<string, Uint8Array>) => Promise<void>,
])[] = [
  [
    'a wrong bit in a block',
    'block 3 is not what was stored',
    async (level) => {
      const key = blockKey(3);
      const value = Uint8Array.from((await level.get(key)) ?? []);
      value.set([(value.at(-1) ?? 0) ^ 1], value.length - 1);
      await level.batch([{ type: 'put', key, value }], { sync: true });
    },
  ],
  ['a lost record', '20 records were stored; the 19 that are there are not those', lose(blockKey(11))],
  [
    'a lost change, under which an elder value comes back',
    '20 records were stored; the 20 that are there are not those',
    lose(blockKey(30)),
  ],
  ['a record too many', '20 records were stored; the 21 that are there are not those', add('rm/k20')],
  [
    'a record in the place of another',
    '20 records were stored; the 20 that are there are not those',
    add('rm/k3'),
  ],
  ['a record in no space', 'the record "rk" is in no space', add('rk')],
  ['a key that is no bytes', 'the record "rm/\u0100" is not what was stored', add('rm/\u0100')],
  ['a key of another kind', 'the record "x" is not what was stored', add('x')],
  ['a block under the key of another', 'block 4 is not what was stored', move(3, blockKey(4))],
  ['a block under the key of a record', 'the record "rm/k4" is not what was stored', move(3, 'rm/k4')],
  ['a lost mark', 'the mark of the last batch is missing', lose('m')],
  ['a wrong mark', 'the mark of the last batch is not what was stored', move(3, 'm')],
];

test.each(damages)('%s is found, and the state set aside', async (_, reason, damage) => {
  await inTemporaryDirectory(async (directory) => {
    await fill(directory);
    await rawDatabase(directory, damage);
    const { records, applied, setAside } = await contentsOf(directory);
    expect({ records, applied }).toStrictEqual({ records: [], applied: { index: 0, term: 0 } });
    expect(setAside).toStrictEqual({ reason, directory: join(directory, 'set-aside-1') });
    expect((await stat(join(directory, 'set-aside-1'))).isDirectory()).toBe(true);
    expect((await contentsOf(directory)).setAside).toBeUndefined();
  });
});

test('a damaged table is found, and the state set aside', async () => {
  await inTemporaryDirectory(async (directory) => {
    await fill(directory);
    await contentsOf(directory);
    const tables = (await readdir(join(directory, 'state-1'))).filter((name) => name.endsWith('.ldb'));
    for (const name of tables) {
      const path = join(directory, 'state-1', name);
      const bytes = await readFile(path);
      await writeFile(path, bytes.fill(0x41, 0, Math.floor(bytes.length / 2)));
    }
    expect((await contentsOf(directory)).setAside?.directory).toBe(join(directory, 'set-aside-1'));
  });
});

test('values of every length come back the same, and stay so', async () => {
  await inTemporaryDirectory(async (directory) => {
    const stored = new StoredRecords();
    const lengths = [0, 1, 1000, 16_382, 16_383, 20_000, BLOCK_BYTES - 20, BLOCK_BYTES, 3 * BLOCK_BYTES];
    const changes = Array.from({ length: 12 * lengths.length }, (_, at) =>
      stored.change(`m${at % 3}/k${at}`, new Uint8Array(lengths[at % lengths.length] ?? 0).fill(at)),
    );
    const state = stateIn(directory);
    await state.open();
    await state.write(changes, { index: 1, term: 1 });
    await state.close();
    for (let start = 0; start < 2; start++) {
      const found = new Map((await contentsOf(directory)).records);
      expect(found.size).toBe(changes.length);
      const wrong = changes.filter(
        ({ key, value }) => Buffer.compare(found.get(key) as Uint8Array, value as Uint8Array) !== 0,
      );
      expect(wrong.map(({ key }) => key)).toStrictEqual([]);
    }
  });
});

test.runIf(process.platform === 'linux')('what was read of a large state does not stay mapped', async () => {
  await inTemporaryDirectory(async (directory) => {
    const stored = new StoredRecords();
    const state = stateIn(directory);
    await state.open();
    const batches = 200;
    for (let index = 1; index <= batches; index++) {
      await state.write([stored.change(`m/k${index}`, randomBytes(50_000))], { index, term: 1 });
    }
    await state.sync();
    await state.close();
    const database = await StateDatabase.open(join(directory, 'state-1'), msgpackCodec);
    const tree = RecordTree.untracked(PACKING);
    await database.read(tree);
    const maps = await readFile('/proc/self/maps', 'utf8');
    await database.close();
    expect(tree.size).toBe(batches);
    expect(maps.split('\n').filter((line) => line.includes(directory))).toStrictEqual([]);
  });
});

test('wherever a byte is damaged, the records are right or none', async () => {
  await inTemporaryDirectory(async (directory) => {
    const sound = join(directory, 'sound');
    await fill(sound);
    const { records } = await contentsOf(sound);
    const names = (await readdir(join(sound, 'state-1'))).filter((name) => !/^(LOG|LOCK)/.test(name));
    let setAsides = 0;
    let round = 0;
    for (const name of names) {
      const bytes = await readFile(join(sound, 'state-1', name));
      for (let at = 3; at < bytes.length; at += Math.max(1, Math.floor(bytes.length / 4))) {
        const damaged = join(directory, `damaged-${round++}`);
        await cp(sound, damaged, { recursive: true });
        // As after an interrupted start: what LevelDB may abort on is looked at by another process.
        await writeFile(join(damaged, 'opening'), '');
        const wrong = Uint8Array.from(bytes);
        wrong[at] = (wrong[at] ?? 0) ^ 0x41;
        await writeFile(join(damaged, 'state-1', name), wrong);
        const found = await contentsOf(damaged);
        if (found.setAside === undefined) expect(found.records).toStrictEqual(records);
        else setAsides += 1;
        await rm(damaged, { recursive: true });
      }
    }
    expect(setAsides).toBeGreaterThan(0);
  });
});

test('an interrupted start keeps a sound state', async () => {
  await inTemporaryDirectory(async (directory) => {
    await fill(directory);
    const before = await contentsOf(directory);
    await writeFile(join(directory, 'opening'), '');
    expect(await contentsOf(directory)).toStrictEqual(before);
    expect(await readdir(directory)).toStrictEqual(['current', 'state-1']);
  });
});

test('a replacement that was cut short leaves the old state', async () => {
  await inTemporaryDirectory(async (directory) => {
    await fill(directory);
    const before = await contentsOf(directory);
    await cp(join(directory, 'state-1'), join(directory, 'state-2'), { recursive: true });
    await writeFile(join(directory, 'current.draft'), 'state-');
    expect(await contentsOf(directory)).toStrictEqual(before);
    expect(await readdir(directory)).not.toContain('state-2');
  });
});

test('a damaged or missing pointer is told, and the database kept', async () => {
  await inTemporaryDirectory(async (directory) => {
    await fill(directory);
    await writeFile(join(directory, 'current'), 'state-');
    expect((await contentsOf(directory)).setAside?.reason).toBe('current is damaged');
    await rm(join(directory, 'current'));
    expect((await contentsOf(directory)).setAside?.reason).toBe('current is missing');
    await rm(join(directory, 'state-1'), { recursive: true });
    expect((await contentsOf(directory)).setAside?.reason).toBe('state-1 is missing');
  });
});

test('only the last two states that were set aside are kept', async () => {
  await inTemporaryDirectory(async (directory) => {
    await contentsOf(directory);
    for (let times = 0; times < 4; times++) {
      await rm(join(directory, 'current'));
      await contentsOf(directory);
    }
    const kept = (await readdir(directory)).filter((name) => name.startsWith('set-aside-'));
    expect(kept).toStrictEqual(['set-aside-3', 'set-aside-4']);
  });
});

test('a directory is used by one state at a time', async () => {
  await inTemporaryDirectory(async (directory) => {
    const state = stateIn(directory);
    await state.open();
    await expect(stateIn(directory).open()).rejects.toMatchObject({ code: 'DIRECTORY_LOCKED' });
    await state.close();
  });
});

test('a value that cannot be stored fails the state, and what was before is kept', async () => {
  await inTemporaryDirectory(async (directory) => {
    const stored = new StoredRecords();
    const state = stateIn(directory);
    await state.open();
    await state.write([stored.change('m/a', 1)], { index: 1, term: 1 });
    await expect(state.write([stored.change('m/b', 10n)], { index: 2, term: 1 })).rejects.toThrow(RangeError);
    await expect(state.write([], { index: 3, term: 1 })).rejects.toMatchObject({ code: 'DISK_FAILED' });
    await state.close();
    expect(await contentsOf(directory)).toMatchObject({
      records: [['m/a', 1]],
      applied: { index: 1, term: 1 },
    });
  });
});

const noRoom = (): Error => new Error('IO error: 000007.log: No space left on device');

const change = (stored: StoredRecords, at: number): StagedChange => stored.staged(`m/k${at}`, at);

/** What fails once for lack of room while a state is put together and takes the place of another one. */
const shortages: readonly (readonly [string, () => void])[] = [
  ['making its database', () => vi.spyOn(StateDatabase, 'create').mockRejectedValueOnce(noRoom())],
  ['a batch', () => vi.spyOn(StateDatabase.prototype, 'stage').mockRejectedValueOnce(noRoom())],
  [
    'a batch that was written all the same',
    () => {
      const { stage } = StateDatabase.prototype;
      vi.spyOn(StateDatabase.prototype, 'stage').mockImplementationOnce(async function (
        this: StateDatabase,
        changes,
      ) {
        await stage.call(this, changes);
        throw noRoom();
      });
    },
  ],
  [
    'its last sync',
    () => {
      const { sync } = StateDatabase.prototype;
      let failed = false;
      vi.spyOn(StateDatabase.prototype, 'sync').mockImplementation(function (this: StateDatabase, mark) {
        if (failed || mark.count === 0) return sync.call(this, mark);
        failed = true;
        return Promise.reject(noRoom());
      });
    },
  ],
  ['the switch', () => vi.spyOn(StateDirectory.prototype, 'switchTo').mockRejectedValueOnce(noRoom())],
];

test.each(shortages)(
  'a disk that is full for a while at %s loses nothing of a new state',
  async (_, strike) => {
    onTestFinished(() => void vi.restoreAllMocks());
    await inTemporaryDirectory(async (directory) => {
      const stored = new StoredRecords();
      const state = stateIn(directory);
      await state.open();
      await state.write([stored.change('m/old', 1)], { index: 1, term: 1 });
      strike();
      const next = new StoredRecords();
      await state.stage([change(next, 1), change(next, 2)]);
      await state.stage([change(next, 3)]);
      await state.replace({ index: 9, term: 2 });
      await state.write([next.change('m/k4', 4)], { index: 10, term: 2 });
      await state.close();
      const { records, applied } = await contentsOf(directory);
      expect(records).toStrictEqual([1, 2, 3, 4].map((at) => [`m/k${at}`, at]));
      expect(applied).toStrictEqual({ index: 10, term: 2 });
    });
  },
);
