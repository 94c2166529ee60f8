import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { median } from '../measure/statistics.ts';

const run = promisify(execFile);
const WRITER = fileURLToPath(new URL('../measure/synced-writer.js', import.meta.url));

export interface DiskFigures {
  readonly p50Ms: number;
  /** Of each of the processes. */
  readonly bytesPerSecond: number;
}

/** What three processes at once get out of the disk on which the stores are, write + fdatasync each. */
export async function measureDisk(bytes: number, durationMs: number): Promise<DiskFigures> {
  const directory = await mkdtemp(join(tmpdir(), 'kvorum-bench-disk-'));
  try {
    const each = await Promise.all(
      [1, 2, 3].map(async (file): Promise<DiskFigures> => {
        const words = [WRITER, join(directory, String(file)), String(bytes), String(durationMs)];
        const { stdout } = await run(process.execPath, words);
        return JSON.parse(stdout) as DiskFigures;
      }),
    );
    return {
      p50Ms: median(each.map(({ p50Ms }) => p50Ms)),
      bytesPerSecond: median(each.map(({ bytesPerSecond }) => bytesPerSecond)),
    };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
