import { join } from 'node:path';
import { Level } from 'level';
import { expect, test } from 'vitest';
import { InvariantError } from '../../src/base/assert.ts';
import { isDiskFull } from '../../src/storage/disk-error.ts';
import { errorFromData, errorToData } from '../../src/storage/error-data.ts';
import { isOutside } from '../../src/storage/state/level-error.ts';
import { BLOCK_BYTES, type StateBlock } from '../../src/storage/state/state-block.ts';
import { readInThread } from '../../src/storage/state/state-thread.ts';
import { sealValue } from '../../src/storage/state/state-value.ts';
import { inTemporaryDirectory } from './temporary-directory.ts';

/** A database of so many records of 100 KiB, open for `body`. */
async function withRecords(
  count: number,
  multithreading: boolean,
  body: (directory: string) => Promise<void>,
): Promise<void> {
  await inTemporaryDirectory(async (parent) => {
    const directory = join(parent, 'state');
    const level = new Level<string, Uint8Array>(directory, { valueEncoding: 'view', multithreading });
    await level.open();
    try {
      for (let at = 0; at < count; at++) {
        const key = `rm/${String(at).padStart(5, '0')}`;
        await level.put(key, sealValue(key, { value: new Uint8Array(100 * 1024), bytes: at, stamp: at }));
      }
      await body(directory);
    } finally {
      await level.close();
    }
  });
}

const nothing = (): void => undefined;

function keysOf({ count, records }: StateBlock): string[] {
  const bytes = Buffer.from(records);
  const keys: string[] = [];
  for (let at = 0; keys.length < count; at += 16 + bytes.readUInt32LE(at) + bytes.readUInt32LE(at + 4)) {
    keys.push(bytes.toString('latin1', at + 16, at + 16 + bytes.readUInt32LE(at)));
  }
  return keys;
}

const errorOf = (reading: Promise<unknown>): Promise<unknown> =>
  reading.then(nothing, (error: unknown) => error);

test('a thread reads what another one holds open, in blocks, and in order', async () => {
  await withRecords(300, true, async (directory) => {
    const keys: string[] = [];
    const lengths = new Set<number>();
    const reading = await readInThread(directory, 1, (block) => {
      keys.push(...keysOf(block));
      lengths.add(block.records.byteLength);
    });
    expect(reading).toStrictEqual([]);
    expect(keys).toStrictEqual(keys.toSorted());
    expect(keys.length).toBe(300);
    expect([...lengths]).toStrictEqual([BLOCK_BYTES]);
  });
});

test('who does not take a block gets its own error back, and no other block', async () => {
  await withRecords(300, true, async (directory) => {
    const wrong = new Error('no');
    const taken: StateBlock[] = [];
    const error = await errorOf(
      readInThread(directory, 1, (block) => {
        taken.push(block);
        if (taken.length === 2) throw wrong;
      }),
    );
    expect(error).toBe(wrong);
    expect(taken.length).toBe(2);
  });
});

test('what LevelDB says in the thread is told with its code: here another one has the lock', async () => {
  await withRecords(1, false, async (directory) => {
    const error = await errorOf(readInThread(directory, 1, nothing));
    expect(error).toMatchObject({ code: 'LEVEL_DATABASE_NOT_OPEN', cause: { code: 'LEVEL_LOCKED' } });
    expect(isOutside(error)).toBe(true);
  });
});

const onItsWay = (error: unknown): Error => errorFromData(structuredClone(errorToData(error)));

test('an error keeps on its way between threads what tells causes outside of the database', () => {
  const full = new Error('cannot read', { cause: new Error('IO error: no space left on device') });
  expect(isDiskFull(onItsWay(full))).toBe(true);
  const refused = Object.assign(new Error('open'), { code: 'EACCES' });
  expect(onItsWay(new Error('failed', { cause: refused }))).toMatchObject({
    message: 'failed',
    cause: { message: 'open', code: 'EACCES' },
  });
  expect(isOutside(onItsWay(new Error('failed', { cause: refused })))).toBe(true);
  expect(isOutside(onItsWay(new InvariantError('ours')))).toBe(true);
  expect(isOutside(onItsWay(new Error('Corruption: bad block')))).toBe(false);
  expect(onItsWay('text')).toMatchObject({ message: 'text' });
});
