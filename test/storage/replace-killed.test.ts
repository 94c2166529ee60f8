import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { LevelState } from '../../src/storage/state/level-state.ts';
import { PACKING, recordsOf } from '../contract/stored-records.ts';
import { inTemporaryDirectory } from './temporary-directory.ts';

/** A child process needs the built form. */
const PROGRAM = fileURLToPath(new URL('../../dist/test/storage/replacing-process.js', import.meta.url));
const KILLS = 8;
const KILL_MS_MAX = 40;

test(
  'a process killed at any moment leaves the old state or the new one, whole',
  { timeout: 60_000 },
  async () => {
    await inTemporaryDirectory(async (directory) => {
      for (let kill = 0; kill < KILLS; kill++) {
        const { staged, replaced } = await runAndKill(directory, (kill * KILL_MS_MAX) / KILLS);
        const state = new LevelState({ directory, packing: PACKING });
        const { tree, applied, setAside } = await state.open();
        const records = recordsOf(tree);
        await state.close();
        expect(setAside).toBeUndefined();
        expect(applied.index).toBeGreaterThanOrEqual(replaced);
        expect(applied.index).toBeLessThanOrEqual(staged + 1);
        expect(records).toHaveLength(300);
        expect(new Set(records.map(([, value]) => value))).toEqual(new Set([applied.index]));
      }
    });
  },
);

/** What the process had told when it was killed, so long after its first replacement. */
async function runAndKill(directory: string, afterMs: number): Promise<{ staged: number; replaced: number }> {
  const told = { staged: 0, replaced: 0 };
  const child = fork(PROGRAM, [directory], { stdio: 'ignore' });
  child.on('message', (message) => Object.assign(told, message));
  const ended = once(child, 'exit');
  while (told.replaced === 0) await Promise.race([once(child, 'message'), ended]);
  await sleep(afterMs);
  child.kill('SIGKILL');
  await ended;
  return told;
}
