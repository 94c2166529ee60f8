/**
 * How much a disk was really told to write. The counters of processes (`write_bytes` in /proc) count
 * whole folios of the page cache, up to a MiB for a rewrite of a few bytes; the block device below counts
 * sectors. It counts everybody's: measure on a machine that does nothing else.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';

const SECTOR_BYTES = 512;
/** "sectors written" of Documentation/block/stat.rst in Linux, counted from 0. */
const SECTORS_WRITTEN_FIELD = 6;

/** The sectors-written counter of the device below a directory; undefined where there is none, as on tmpfs. */
export class DiskCounter {
  readonly #directory: string;
  readonly #statistics: string;

  private constructor(directory: string, statistics: string) {
    this.#directory = directory;
    this.#statistics = statistics;
  }

  static of(directory: string): DiskCounter | undefined {
    const { major, minor } = deviceNumbers(statSync(directory, { bigint: true }).dev);
    const counter = new DiskCounter(directory, `/sys/dev/block/${major}:${minor}/stat`);
    return counter.#writtenBytes === undefined ? undefined : counter;
  }

  /**
   * Bytes written since the machine began. What the page cache still holds is written first, so that it
   * counts for those who wrote it and not for whoever comes next.
   */
  flushedBytes(): number {
    execFileSync('sync', ['--file-system', this.#directory]);
    return this.#writtenBytes ?? Number.NaN;
  }

  get #writtenBytes(): number | undefined {
    try {
      return sectorsWritten(readFileSync(this.#statistics, 'utf8')) * SECTOR_BYTES;
    } catch {
      return undefined;
    }
  }
}

/** As Linux packs them into a `dev_t`: 12 and 20 bits of the major, 8 and 12 and more of the minor. */
export function deviceNumbers(device: bigint): { readonly major: number; readonly minor: number } {
  return {
    major: Number(((device >> 8n) & 0xfffn) | ((device >> 32n) & 0xfffff000n)),
    minor: Number((device & 0xffn) | ((device >> 12n) & 0xffffff00n)),
  };
}

/** Of the one line in the device's `stat`. */
export function sectorsWritten(line: string): number {
  return Number(line.trim().split(/\s+/)[SECTORS_WRITTEN_FIELD]);
}
