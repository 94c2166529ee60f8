import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { median } from '../measure/statistics.ts';
import type { Figures } from '../question.ts';

const run = promisify(execFile);
const WRITER = fileURLToPath(new URL('../measure/synced-writer.js', import.meta.url));

/**
 * What three processes at once get out of the disk on which the stores are, write + fdatasync each: of
 * every figure that of the process in the middle.
 */
export async function measureDisk(bytes: number, durationMs: number): Promise<Figures> {
  const directory = await mkdtemp(join(tmpdir(), 'kvorum-bench-disk-'));
  try {
    const each = await Promise.all(
      [1, 2, 3].map(async (file): Promise<Figures> => {
        const words = [WRITER, join(directory, String(file)), String(bytes), String(durationMs)];
        const { stdout } = await run(process.execPath, words);
        return JSON.parse(stdout) as Figures;
      }),
    );
    const names = Object.keys(each[0] ?? {});
    return Object.fromEntries(names.map((name) => [name, median(each.flatMap((one) => one[name] ?? []))]));
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
