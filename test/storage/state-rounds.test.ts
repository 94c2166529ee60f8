/** What a state keeps of what it was given: enough, and not for ever. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Level } from 'level';
import { expect, test } from 'vitest';
import type { RecordTree } from '../../src/machine/record-tree.ts';
import { sizeOf } from '../../src/machine/size-of.ts';
import { LevelState } from '../../src/storage/state/level-state.ts';
import { sealValue } from '../../src/storage/state/state-value.ts';
import { msgpackCodec } from '../../src/wire/msgpack-codec.ts';
import { PACKING, recordsOf } from '../contract/stored-records.ts';
import { inTemporaryDirectory } from './temporary-directory.ts';

const stateIn = (directory: string): LevelState => new LevelState({ directory, packing: PACKING });

async function rawDatabase(
  directory: string,
  look: (level: Level<string, Uint8Array>) => Promise<void>,
): Promise<void> {
  const level = new Level<string, Uint8Array>(join(directory, 'state-1'), { valueEncoding: 'view' });
  await level.open();
  await look(level);
  await level.close();
}

async function bytesIn(directory: string): Promise<number> {
  const names = await readdir(directory);
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(directory, name))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** Of records that are bytes, all alike: to compare each of a million bytes takes long. */
function filledWith(tree: RecordTree): unknown {
  return recordsOf(tree).map(([key, value]) => {
    const bytes = value as Uint8Array;
    expect(bytes.every((byte) => byte === bytes[0])).toBe(true);
    return [key, bytes.length, bytes[0]];
  });
}

test('what rounds leave behind goes, and the records stay, over restarts', async () => {
  await inTemporaryDirectory(async (directory) => {
    let index = 0;
    let expected: unknown = [];
    for (let restart = 0; restart < 4; restart++) {
      const state = stateIn(directory);
      const { tree, setAside } = await state.open();
      expect([setAside, filledWith(tree)]).toStrictEqual([undefined, expected]);
      tree.track();
      for (let batch = 0; batch < 60; batch++) {
        index++;
        for (let at = 0; at < 20; at++)
          tree.put(`m/${(index * 20 + at) % 700}`, new Uint8Array(5000).fill(index));
        tree.delete(`m/${index % 700}`);
        tree.put(`m/large-${index % 3}`, new Uint8Array(100_000 * (index % 2)).fill(index));
        await state.write(tree.takeForStorage(index), { index, term: 1 });
        if (batch % 10 === 0) await state.sync();
      }
      await state.sync();
      expected = filledWith(tree);
      await state.close();
    }
    // 240 batches of 100 KB and more were written; 3.5 MB of them are needed.
    expect(await bytesIn(join(directory, 'state-1'))).toBeLessThan(24_000_000);
  });
});

test('a state of the release before, a row for each record, is read, and becomes blocks', async () => {
  await inTemporaryDirectory(async (directory) => {
    const made = stateIn(directory);
    await made.open();
    await made.close();
    const values = Array.from({ length: 50 }, (_, at) => [`m/k${at + 10}`, { at }] as const);
    await rawDatabase(directory, async (level) => {
      const rows = values.map(([key, value], at) => {
        const stored = { value: msgpackCodec.encode(value), bytes: sizeOf(value), stamp: at + 1 };
        return { type: 'put', key: `r${key}`, value: sealValue(`r${key}`, stored) } as const;
      });
      const mark = msgpackCodec.encode([3, 7, 1, 50, (50 * 51) / 2]);
      const put = {
        type: 'put',
        key: 'm',
        value: sealValue('m', { value: mark, bytes: 0, stamp: 0 }),
      } as const;
      await level.batch([...rows, put], { sync: true });
    });
    const state = stateIn(directory);
    const { tree, applied, setAside } = await state.open();
    expect([applied, setAside, recordsOf(tree)]).toStrictEqual([{ index: 7, term: 1 }, undefined, values]);
    tree.track();
    for (let index = 8; index < 40; index++) {
      for (let at = 0; at < 5; at++) tree.put(`m/new-${at}`, { index });
      tree.delete(`m/k${index}`);
      await state.write(tree.takeForStorage(index), { index, term: 1 });
    }
    const expected = recordsOf(tree);
    await state.close();
    await rawDatabase(directory, async (level) => {
      expect(await level.keys({ gt: 'r' }).all()).toStrictEqual([]);
    });
    const again = stateIn(directory);
    const read = await again.open();
    expect([read.setAside, recordsOf(read.tree)]).toStrictEqual([undefined, expected]);
    await again.close();
  });
});
