import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { StoreError } from '../../base/errors.ts';
import { replaceFile, syncDirectory } from '../atomic-file.ts';
import { builtModule } from '../built-module.ts';
import { systemCode } from '../disk-error.ts';

const CURRENT = 'current';
const OPENING = 'opening';
const GENERATION = /^state-(\d+)$/;
const SET_ASIDE = /^set-aside-(\d+)$/;
const CURRENT_TEXT = /^state-(\d+)\n$/;
/** How a process ends that LevelDB, or the system on its behalf, stops. */
const CRASH_SIGNALS: readonly unknown[] = ['SIGABRT', 'SIGSEGV', 'SIGBUS', 'SIGILL', 'SIGFPE'];

/** What a directory says about the state in it. */
export type CurrentState =
  | { readonly kind: 'none' }
  | { readonly kind: 'generation'; readonly generation: number }
  | { readonly kind: 'lost'; readonly reason: string; readonly generation: number | undefined };

/**
 * The names in a state's directory: `state-<generation>` for each database, `current` for which one
 * counts, `set-aside-<n>` for what was not trusted, and `opening` while one is opened and checked.
 */
export class StateDirectory {
  readonly #path: string;
  readonly #setAsideMax: number;

  constructor(path: string, setAsideMax: number) {
    this.#path = path;
    this.#setAsideMax = setAsideMax;
  }

  generationPath(generation: number): string {
    return join(this.#path, `state-${generation}`);
  }

  async current(): Promise<CurrentState> {
    const generation = (await this.#numbers(GENERATION)).at(-1);
    const text = await readText(join(this.#path, CURRENT));
    if (text === undefined) {
      return generation === undefined
        ? { kind: 'none' }
        : { kind: 'lost', reason: `${CURRENT} is missing`, generation };
    }
    const named = Number(CURRENT_TEXT.exec(text)?.[1]);
    if (!Number.isSafeInteger(named)) return { kind: 'lost', reason: `${CURRENT} is damaged`, generation };
    if (!(await exists(this.generationPath(named)))) {
      return { kind: 'lost', reason: `state-${named} is missing`, generation };
    }
    return { kind: 'generation', generation: named };
  }

  /** A number above that of every generation that is there. */
  async nextGeneration(): Promise<number> {
    return ((await this.#numbers(GENERATION)).at(-1) ?? 0) + 1;
  }

  /** From now on this one counts, and no other is kept. */
  async switchTo(generation: number): Promise<void> {
    await replaceFile(join(this.#path, CURRENT), `state-${generation}\n`);
    await this.removeOthers(generation);
  }

  async remove(generation: number): Promise<void> {
    await rm(this.generationPath(generation), { recursive: true, force: true });
  }

  async removeOthers(generation: number): Promise<void> {
    for (const other of await this.#numbers(GENERATION)) {
      if (other !== generation) await this.remove(other);
    }
  }

  /** Keeps a generation for people to look at; returns where. */
  async setAside(generation: number): Promise<string> {
    const earlier = await this.#numbers(SET_ASIDE);
    const path = join(this.#path, `set-aside-${(earlier.at(-1) ?? 0) + 1}`);
    await rename(this.generationPath(generation), path);
    await syncDirectory(this.#path);
    const surplus = Math.max(0, earlier.length + 1 - this.#setAsideMax);
    for (const number of earlier.slice(0, surplus)) {
      await rm(join(this.#path, `set-aside-${number}`), { recursive: true, force: true });
    }
    return path;
  }

  /** Notes that a database is being opened; whether an earlier attempt did not get to its end. */
  async beginOpening(): Promise<{ readonly wasInterrupted: boolean }> {
    const path = join(this.#path, OPENING);
    const wasInterrupted = await exists(path);
    if (!wasInterrupted) await replaceFile(path, '');
    return { wasInterrupted };
  }

  async endOpening(): Promise<void> {
    await rm(join(this.#path, OPENING), { force: true });
    await syncDirectory(this.#path);
  }

  /**
   * Lets another process read the database. Returns why it must not be opened, if that process was
   * stopped by a crash.
   *
   * @throws StoreError DISK_FAILED if it was stopped by somebody else, so that nothing is known
   */
  async probe(generation: number): Promise<string | undefined> {
    const script = builtModule(import.meta.url, './state-probe.ts').pathname;
    const child = spawn(process.execPath, [decodeURIComponent(script), this.generationPath(generation)], {
      stdio: 'ignore',
    });
    const [, signal] = (await once(child, 'exit')) as [unknown, unknown];
    if (CRASH_SIGNALS.includes(signal)) return `LevelDB stops with ${String(signal)} when it reads the state`;
    if (signal === null) return undefined;
    throw new StoreError(
      'DISK_FAILED',
      `the check of ${this.#path} was stopped by ${JSON.stringify(signal)}`,
    );
  }

  async #numbers(pattern: RegExp): Promise<readonly number[]> {
    const numbers = (await readdir(this.#path)).flatMap((name) => pattern.exec(name)?.[1] ?? []);
    return numbers.map(Number).toSorted((a, b) => a - b);
  }
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return false;
    throw error;
  }
}
