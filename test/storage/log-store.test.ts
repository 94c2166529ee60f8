import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { SeededRandom } from '../../src/base/seeded-random.ts';
import type { Entry } from '../../src/raft/entry.ts';
import type { LogWriteTimes } from '../../src/storage/log/log-messages.ts';
import { LogStore } from '../../src/storage/log/log-store.ts';
import { logStorageContract } from '../contract/log-storage.ts';
import { LogModel, nextWrite } from './log-model.ts';
import { inTemporaryDirectory } from './temporary-directory.ts';

const SEGMENT_BYTES = 64 * 1024;

logStorageContract('LogStore', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'kvorum-log-'));
  return {
    log: () => new LogStore({ directory, segmentBytes: SEGMENT_BYTES }),
    remove: () => rm(directory, { recursive: true }),
  };
});

function entry(index: number): Entry {
  return { index, term: 1, kind: 'command', data: new Uint8Array(300).fill(index % 256) };
}

test('many overlapping writes over many segments come back, and compacted files go', async () => {
  await inTemporaryDirectory(async (directory) => {
    const random = new SeededRandom(11);
    const model = new LogModel();
    const log = new LogStore({ directory, segmentBytes: SEGMENT_BYTES, frameBytesMax: 32 * 1024 });
    await log.open();
    const writes: Promise<void>[] = [];
    for (let id = 1; id <= 2000; id++) {
      const write = nextWrite(model, id, random);
      model.apply(write);
      writes.push(log.write(write));
      if (id % 50 === 0) await Promise.all(writes);
    }
    await Promise.all(writes);
    await log.close();
    const again = new LogStore({ directory, segmentBytes: SEGMENT_BYTES });
    expect(await again.open()).toStrictEqual(model.contents());
    await again.close();
    expect((await readdir(directory)).length).toBeLessThan(8);
  });
});

test('an entry of 5 MB, and a log larger than one message, come back', async () => {
  await inTemporaryDirectory(async (directory) => {
    const log = new LogStore({ directory, segmentBytes: 1024 * 1024 });
    await log.open();
    const large: Entry = { index: 1, term: 1, kind: 'command', data: new Uint8Array(5_000_000).fill(5) };
    const rest = Array.from({ length: 20_000 }, (_, at) => entry(at + 2));
    await log.write({ id: 1, entries: [large] });
    await log.write({ id: 2, entries: rest });
    await log.close();
    const again = new LogStore({ directory, segmentBytes: 1024 * 1024 });
    const { entries } = await again.open();
    expect(entries.length).toBe(20_001);
    const differs = [large, ...rest].findIndex(({ index, data }, at) => {
      const found = entries[at];
      return found?.index !== index || Buffer.compare(found.data, data) !== 0;
    });
    expect(differs).toBe(-1);
    await again.close();
  });
});

test('writes of every length, far more than the threads share room for, come back in order', async () => {
  await inTemporaryDirectory(async (directory) => {
    const random = new SeededRandom(12);
    const sizes = [0, 1, 300, 9000, 70_000, 200_000];
    const entries = Array.from({ length: 600 }, (_, at): Entry => {
      const bytes = sizes[random.integer(0, sizes.length - 1)] ?? 0;
      return { index: at + 1, term: 1, kind: 'command', data: new Uint8Array(bytes).fill(at % 256) };
    });
    const times: LogWriteTimes[] = [];
    const log = new LogStore({ directory, segmentBytes: 1024 * 1024, onWritten: (each) => times.push(each) });
    await log.open();
    const settled: number[] = [];
    const writes = entries.map((each) =>
      log.write({ id: each.index, entries: [each] }).then(() => settled.push(each.index)),
    );
    await Promise.all(writes);
    expect(settled).toStrictEqual(entries.map(({ index }) => index));
    expect(times.length).toBeGreaterThan(0);
    await log.close();
    const again = new LogStore({ directory, segmentBytes: 1024 * 1024 });
    const { entries: found } = await again.open();
    await again.close();
    expect(found.length).toBe(entries.length);
    for (const [at, { index, data }] of entries.entries()) {
      expect(found[at]?.index).toBe(index);
      expect(Buffer.compare(found[at]?.data ?? new Uint8Array(), data)).toBe(0);
    }
  });
});

test('a directory is used by one log at a time', async () => {
  await inTemporaryDirectory(async (directory) => {
    const log = new LogStore({ directory, segmentBytes: SEGMENT_BYTES });
    await log.open();
    const second = new LogStore({ directory, segmentBytes: SEGMENT_BYTES });
    await expect(second.open()).rejects.toMatchObject({ code: 'DIRECTORY_LOCKED' });
    await log.close();
    const third = new LogStore({ directory, segmentBytes: SEGMENT_BYTES });
    await third.open();
    await third.close();
  });
});

test('damage is told with file and offset, and with what is left around it', async () => {
  await inTemporaryDirectory(async (directory) => {
    const log = new LogStore({ directory, segmentBytes: SEGMENT_BYTES });
    await log.open();
    for (let index = 1; index <= 3; index++) await log.write({ id: index, entries: [entry(index)] });
    await log.close();
    const path = join(directory, 'log-00000001.segment');
    const file = await open(path, 'r+');
    await file.write(Uint8Array.of(0xff), 0, 1, 512 + 512 + 200);
    await file.close();
    for (let times = 0; times < 2; times++) {
      const damaged = new LogStore({ directory, segmentBytes: SEGMENT_BYTES });
      expect(await damaged.open()).toStrictEqual({
        hardState: { term: 0, vote: undefined },
        base: { index: 0, term: 0 },
        entries: [entry(1)],
        damage: {
          first: 2,
          anchor: { index: 3, term: 1 },
          beyond: [entry(3)],
          terms: [
            { index: 0, term: 0 },
            { index: 1, term: 1 },
          ],
          what: `${path}: damaged at byte 1024: frame 2 is not what was written`,
        },
      });
      await damaged.close();
    }
  });
});

test('an error of the disk is told with its code', async () => {
  await inTemporaryDirectory(async (directory) => {
    await writeFile(join(directory, 'file'), '');
    const inFile = new LogStore({ directory: join(directory, 'file', 'log') });
    await expect(inFile.open()).rejects.toMatchObject({ code: 'DISK_FAILED' });
    const gone = new LogStore({ directory: join(directory, 'log'), create: false });
    await expect(gone.open()).rejects.toMatchObject({ code: 'AMNESIA' });
  });
});

test('a write that breaks the log is refused, and so is every one after', async () => {
  await inTemporaryDirectory(async (directory) => {
    const log = new LogStore({ directory, segmentBytes: SEGMENT_BYTES });
    await log.open();
    const writes = [1, 3, 2].map((index, at) => log.write({ id: at + 1, entries: [entry(index)] }));
    const settled = await Promise.allSettled(writes);
    expect(settled.slice(1).map(({ status }) => status)).toStrictEqual(['rejected', 'rejected']);
    await expect(log.write({ id: 4, entries: [] })).rejects.toThrow('the log can take entry 3');
    await log.close();
  });
});

test('the log is for its owner alone', async () => {
  await inTemporaryDirectory(async (parent) => {
    const directory = join(parent, 'log');
    const log = new LogStore({ directory, segmentBytes: SEGMENT_BYTES });
    await log.open();
    expect((await stat(directory)).mode & 0o777).toBe(0o700);
    for (const name of await readdir(directory)) {
      expect((await stat(join(directory, name))).mode & 0o777).toBe(0o600);
    }
    await log.close();
  });
});
