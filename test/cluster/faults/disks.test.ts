import { closeSync, existsSync, fsyncSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { SeededRandom } from '../../../src/base/seeded-random.ts';
import { damageFile, repairFile } from '../../../cluster/faults/damage-file.ts';
import { InjectedDisk } from '../../../cluster/faults/injected-disk.ts';
import { LoopDisk } from '../../../cluster/faults/loop-disk.ts';
import { SyncTracer } from '../../../cluster/faults/sync-tracer.ts';
import { child, temporaryFolder } from './child.ts';

const noLoopDisks = LoopDisk.missing() !== undefined;
const noStrace = SyncTracer.missing() !== undefined;
const MIB = 1024 * 1024;

async function loopDisk(): Promise<LoopDisk> {
  const disk = new LoopDisk(temporaryFolder(), 'disk', 32 * MIB);
  onTestFinished(() => disk.removeNow());
  await disk.create();
  return disk;
}

test.skipIf(noLoopDisks)(
  'a disk keeps through a power cut what was synced, and forgets the rest',
  async () => {
    const disk = await loopDisk();
    const synced = join(disk.path, 'synced');
    const file = openSync(synced, 'w');
    writeSync(file, 'kept');
    fsyncSync(file);
    writeFileSync(join(disk.path, 'unsynced'), 'lost');
    await LoopDisk.cutPower([disk]);
    expect(await disk.isDark()).toBe(true);
    expect(() => fsyncSync(file)).toThrow('EIO');
    closeSync(file);
    await disk.remount();
    expect(await disk.isDark()).toBe(false);
    expect(readFileSync(synced, 'utf8')).toBe('kept');
    expect(existsSync(join(disk.path, 'unsynced'))).toBe(false);
  },
);

test.skipIf(noLoopDisks)('a disk is filled up, and has room again', async () => {
  const disk = await loopDisk();
  await disk.fill(0);
  expect(() => writeFileSync(join(disk.path, 'more'), 'x'.repeat(MIB))).toThrow('ENOSPC');
  disk.empty();
  writeFileSync(join(disk.path, 'more'), 'x'.repeat(MIB));
});

/** Writes and syncs over and over, in place, and prints how long it took or why it failed. */
const WRITER = `
import fs, { writeSync, fdatasyncSync } from 'node:fs';
const file = fs.openSync(process.env.FILE, 'w');
writeSync(file, Buffer.alloc(4096), 0, 4096, 0);
setInterval(() => {
  const beginMs = performance.now();
  try {
    writeSync(file, Buffer.alloc(512, Date.now()), 0, 512, 0);
    if (process.env.GROWS) writeSync(file, Buffer.alloc(512), 0, 512, fs.fstatSync(file).size);
    fdatasyncSync(file);
    console.log('ms ' + Math.round(performance.now() - beginMs));
  } catch (error) {
    console.log(error.code);
  }
}, 20);
`;

const slow = (line: string): boolean => line.startsWith('ms ') && Number(line.slice(3)) >= 300;
const fast = (line: string): boolean => line.startsWith('ms ') && Number(line.slice(3)) < 300;

test.skipIf(noStrace)('the syncs of a running process are delayed, and fail, from outside', async () => {
  const writer = child(WRITER, { FILE: join(temporaryFolder(), 'file') });
  await writer.until('a sync', fast);
  const delay = await SyncTracer.attach(writer.pid, { kind: 'delay', delayMs: 300 });
  await writer.until('a slow sync', slow);
  await delay?.detach();
  await writer.until('a fast sync', fast);
  expect(delay?.hits).toBeGreaterThan(0);
  const failure = await SyncTracer.attach(writer.pid, { kind: 'eio' });
  await writer.until('a failed sync', (line) => line === 'EIO');
  await failure?.detach();
  await writer.until('a sync again', fast);
});

test('the syncs of a process are delayed, and fail, from inside', async () => {
  const folder = temporaryFolder();
  const disk = new InjectedDisk(folder, 'd');
  const writer = child(WRITER, { FILE: join(folder, 'file'), ...disk.environment });
  await writer.until('a sync', fast);
  disk.set({ syncDelayMs: 300 });
  await writer.until('a slow sync', slow);
  disk.set({ syncFails: true });
  await writer.until('a failed sync', (line) => line === 'EIO');
  disk.set({});
  await writer.until('a sync again', fast);
  expect(disk.hits).toBeGreaterThan(1);
});

test('no file can grow on a disk that is full from inside; what is there can be written over', async () => {
  const folder = temporaryFolder();
  const disk = new InjectedDisk(folder, 'd');
  const file = join(folder, 'file');
  const grows = child(WRITER, { FILE: file, GROWS: '1', ...disk.environment });
  const stays = child(WRITER, { FILE: `${file}2`, ...disk.environment });
  await Promise.all([grows.until('a sync', fast), stays.until('a sync', fast)]);
  disk.set({ full: true });
  await grows.until('a full disk', (line) => line === 'ENOSPC');
  await stays.until('a sync', fast);
  disk.set({});
  await grows.until('room again', fast);
});

test('some bytes of some file are damaged, and put back', () => {
  const folder = temporaryFolder();
  const path = join(folder, 'a.log');
  writeFileSync(path, 'x'.repeat(1_000) + '\0'.repeat(1_000));
  const random = new SeededRandom(5);
  for (let round = 0; round < 50; round++) {
    const damage = damageFile(folder, /\.log$/, random);
    expect(damage?.path).toBe(path);
    expect(damage?.offset).toBeLessThan(1_000); // not in the empty end
    expect(readFileSync(path, 'utf8')).not.toBe('x'.repeat(1_000) + '\0'.repeat(1_000));
    if (damage !== undefined) repairFile(damage);
    expect(readFileSync(path, 'utf8')).toBe('x'.repeat(1_000) + '\0'.repeat(1_000));
  }
  expect(damageFile(folder, /nothing/, random)).toBeUndefined();
});
