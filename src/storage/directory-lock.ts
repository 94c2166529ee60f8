import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { StoreError } from '../base/errors.ts';
import { diskError, systemCode } from './disk-error.ts';

/** This process alone uses a directory until it lets go, or dies. */
export interface DirectoryLock {
  release(): Promise<void>;
}

const ATTEMPTS_MAX = 5;
const PAUSE_MAX_MS = 50;
const UNKNOWN = 'unknown';
const DEAD = 'dead';
/** Who claims, all in the name, so that a claim is never half written: pid, start, and a token used once. */
const CLAIM = /^lock-(\d+)-([0-9a-z.]+)-[0-9a-f]{16}$/;

/**
 * Takes the lock of a directory, which is made if it is not there (for the owner alone). Claims of
 * processes that no longer live do not count, and are cleared away.
 *
 * Who wants the lock first puts up a claim, a file of a name that is never used again, and then looks
 * for others: of two that overlap at least one sees the other, and withdraws.
 *
 * @throws StoreError DIRECTORY_LOCKED (names the process), DISK_FULL, DISK_FAILED
 */
export async function acquireDirectoryLock(directory: string): Promise<DirectoryLock> {
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    for (let attempt = 1; ; attempt++) {
      const claim = await putClaim(directory);
      const rival = await findRival(directory, claim);
      if (rival === undefined) return { release: () => removeClaim(directory, claim) };
      await removeClaim(directory, claim);
      if (attempt === ATTEMPTS_MAX) {
        throw new StoreError('DIRECTORY_LOCKED', `${directory} is used by process ${rival}`);
      }
      // The rival may be one that withdraws as well: try again, but not in step with it.
      await wait(((randomBytes(1)[0] ?? 0) / 255) * PAUSE_MAX_MS);
    }
  } catch (error) {
    throw diskError(error, `locking ${directory}`);
  }
}

async function putClaim(directory: string): Promise<string> {
  const name = `lock-${process.pid}-${await startOf(process.pid)}-${randomBytes(8).toString('hex')}`;
  const file = await open(join(directory, name), 'wx', 0o600);
  await file.close();
  return name;
}

async function removeClaim(directory: string, name: string): Promise<void> {
  try {
    await rm(join(directory, name), { force: true });
  } catch (error) {
    throw diskError(error, `unlocking ${directory}`);
  }
}

/** The pid of another claim whose process lives; removes the claims of the dead. */
async function findRival(directory: string, mine: string): Promise<number | undefined> {
  for (const name of await readdir(directory)) {
    const [, pidText, started] = CLAIM.exec(name) ?? [];
    if (name === mine || pidText === undefined || started === undefined) continue;
    const pid = Number(pidText);
    if (await isAlive(pid, started)) return pid;
    await removeClaim(directory, name);
  }
  return undefined;
}

/** A pid alone is not enough: after a restart another process has it. */
async function isAlive(pid: number, started: string): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (systemCode(error) === 'ESRCH') return false;
  }
  const startedNow = await startOf(pid);
  if (startedNow === DEAD) return false;
  return startedNow === UNKNOWN || started === UNKNOWN || startedNow === started;
}

/** Which boot of the machine, and which tick of it, a process began in. */
async function startOf(pid: number): Promise<string> {
  try {
    const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8');
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    // The name of the program, in parentheses, may hold anything. Behind it are the fields from 3 on:
    // the state (Z and X have died, though their parent has not looked) and, as field 22, the start.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z' || fields[0] === 'X') return DEAD;
    return `${boot.trim().replaceAll('-', '')}.${fields[19]}`;
  } catch {
    return UNKNOWN;
  }
}
