import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { acquireDirectoryLock } from '../../src/storage/directory-lock.ts';
import { inTemporaryDirectory } from './temporary-directory.ts';

const TOKEN = '0123456789abcdef';

test('one holder at a time, and the next one after its release', async () => {
  await inTemporaryDirectory(async (directory) => {
    const lock = await acquireDirectoryLock(directory);
    await expect(acquireDirectoryLock(directory)).rejects.toMatchObject({ code: 'DIRECTORY_LOCKED' });
    await lock.release();
    const next = await acquireDirectoryLock(directory);
    await lock.release();
    await expect(acquireDirectoryLock(directory)).rejects.toThrow(`process ${process.pid}`);
    await next.release();
    expect(await readdir(directory)).toStrictEqual([]);
  });
});

test('of many at once, never two get it', async () => {
  await inTemporaryDirectory(async (directory) => {
    const child = spawn(process.execPath, ['-e', '']);
    await once(child, 'exit');
    for (let round = 0; round < 10; round++) {
      await writeFile(join(directory, `lock-${child.pid}-unknown-${TOKEN}`), '');
      const attempts = await Promise.allSettled(
        Array.from({ length: 4 }, () => acquireDirectoryLock(directory)),
      );
      const holders = attempts.flatMap((attempt) => (attempt.status === 'fulfilled' ? [attempt.value] : []));
      expect(holders.length).toBeLessThanOrEqual(1);
      await holders[0]?.release();
    }
  });
});

test('the claim of an earlier life of the same pid is dead', async () => {
  await inTemporaryDirectory(async (directory) => {
    await writeFile(join(directory, `lock-${process.pid}-boot.1-${TOKEN}`), '');
    const lock = await acquireDirectoryLock(directory);
    expect(await readdir(directory)).toHaveLength(1);
    await lock.release();
  });
});

test('a process that was killed holds no lock, though nobody has looked after it yet', async () => {
  await inTemporaryDirectory(async (directory) => {
    // The shell leaves its child a zombie: it goes on as a program that does not wait for it.
    const parent = spawn('sh', ['-c', 'sleep 0 & echo $!; exec sleep 60'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    try {
      const [line] = (await once(parent.stdout, 'data')) as [Buffer];
      await writeFile(join(directory, `lock-${line.toString().trim()}-unknown-${TOKEN}`), '');
      await expect
        .poll(async () => {
          const lock = await acquireDirectoryLock(directory).catch(() => undefined);
          await lock?.release();
          return lock;
        })
        .toBeDefined();
    } finally {
      parent.kill('SIGKILL');
      await once(parent, 'exit');
    }
  });
});
