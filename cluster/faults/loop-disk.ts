/**
 * A file system of its own for a node: an ext4 image on a loop device. Its power can be cut: then it
 * keeps what was synced, and maybe some of the rest, as after the power of a machine was cut; and it
 * can be filled up. Needs root.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, statfsSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { waitUntil } from '../wait-until.ts';
import { hasProgram, isRoot, shell } from './shell.ts';

const UNMOUNT_TIMEOUT_MS = 10_000;
const BALLAST = 'ballast';
const FILL_STEP_BYTES = 16 * 1024;

/**
 * FS_IOC_SHUTDOWN, `_IOR('X', 125, __u32)`, with 2: at once, without writing the journal out. One
 * process for all, so that they go dark within a millisecond.
 */
const SHUTDOWN =
  'for (@ARGV) { open(my $d, "<", $_) or die "$_: $!"; my $how = pack("L", 2); ' +
  'ioctl($d, 0x8004587d, $how) or die "$_: $!" }';

export class LoopDisk {
  /** Where it is mounted. */
  readonly path: string;
  readonly #image: string;
  readonly #bytes: number;

  constructor(folder: string, name: string, bytes: number) {
    this.path = join(folder, name);
    this.#image = join(folder, `${name}.img`);
    this.#bytes = bytes;
  }

  /** What this machine lacks for it, in words; undefined if nothing. */
  static missing(): string | undefined {
    if (process.platform !== 'linux') return 'Linux';
    if (!isRoot()) return 'root';
    const absent = ['mkfs.ext4', 'mount', 'umount', 'perl'].filter((name) => !hasProgram(name));
    if (absent.length > 0) return absent.join(', ');
    return existsSync('/dev/loop-control') ? undefined : '/dev/loop-control';
  }

  /** Makes the file system, anew, and mounts it. */
  async create(): Promise<void> {
    mkdirSync(this.path, { recursive: true });
    const file = await open(this.#image, 'w');
    await file.truncate(this.#bytes);
    await file.close();
    // Nothing is kept back for root, under which the nodes may run.
    await shell(
      'mkfs.ext4',
      '-q',
      '-F',
      '-m',
      '0',
      '-E',
      'lazy_itable_init=1,lazy_journal_init=1',
      this.#image,
    );
    await this.#mount();
  }

  /** Cuts the power of all these disks at once. Whoever uses them sees EIO from here on. */
  static async cutPower(disks: readonly LoopDisk[]): Promise<void> {
    await shell('perl', '-e', SHUTDOWN, ...disks.map(({ path }) => path));
  }

  /** Whether something can still be written to it. */
  async isDark(): Promise<boolean> {
    try {
      const file = await open(join(this.path, 'probe'), 'w');
      await file.close();
      return false;
    } catch {
      return true;
    }
  }

  /** Turns the power on again, once all processes that used it have ended. */
  async remount(): Promise<void> {
    await this.#unmount();
    await this.#mount();
  }

  /** Leaves only about so many bytes free, until `empty`. */
  async fill(freeBytes: number): Promise<void> {
    // Others write meanwhile, and what is free is in pieces: what does not fit is tried with a little less.
    for (let lessBytes = 0; this.freeBytes > freeBytes + lessBytes; lessBytes += FILL_STEP_BYTES) {
      const bytes = this.freeBytes - freeBytes - lessBytes;
      try {
        await shell('fallocate', '-l', String(bytes), join(this.path, `${BALLAST}-${lessBytes}`));
      } catch {
        // the next one is smaller
      }
    }
  }

  get freeBytes(): number {
    const { bavail, bsize } = statfsSync(this.path);
    return bavail * bsize;
  }

  empty(): void {
    for (const name of readdirSync(this.path)) {
      if (name.startsWith(BALLAST)) rmSync(join(this.path, name), { force: true });
    }
  }

  /** Unmounts it and removes its image, for when there is no time to wait. */
  removeNow(): void {
    try {
      execFileSync('umount', ['-l', this.path], { stdio: 'ignore' });
    } catch {
      // it was not mounted
    }
    rmSync(this.#image, { force: true });
  }

  async #mount(): Promise<void> {
    await shell('mount', '-o', 'loop,noatime', this.#image, this.path);
  }

  /** Retries: the last file of a killed process is closed a little after it is gone. */
  async #unmount(): Promise<void> {
    await waitUntil({ what: `unmounting ${this.path}`, timeoutMs: UNMOUNT_TIMEOUT_MS }, async () => {
      try {
        await shell('umount', this.path);
        return true;
      } catch {
        return undefined;
      }
    });
  }
}
