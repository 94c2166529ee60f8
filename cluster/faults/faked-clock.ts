/**
 * The clock of one node, set wrong on purpose while it runs: by libfaketime where that is installed,
 * else from the inside (see `fault-shim.ts`).
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { shimEnvironment } from './shim-environment.ts';

/** Where the packages of the common Linux distributions put it. */
const LIBRARIES: readonly string[] = [
  '/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1',
  '/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1',
  '/usr/lib64/faketime/libfaketimeMT.so.1',
  '/usr/lib/faketime/libfaketimeMT.so.1',
];

export class FakedClock {
  readonly #path: string;
  readonly #library: string | undefined;
  /** Rate of both clocks, wall and monotonic, of the next process; 1 is right. */
  rate = 1;

  constructor(folder: string, name: string, options: { readonly fromInside: boolean }) {
    this.#path = join(folder, `${name}.clock`);
    this.#library = options.fromInside ? undefined : library();
    this.setOffset(0);
  }

  /** What this machine lacks to change the rate of the monotonic clock; undefined if nothing. */
  static missing(): string | undefined {
    return library() === undefined ? 'libfaketime (apt-get install libfaketime)' : undefined;
  }

  /** What the process of the node must be started with. */
  get environment(): Readonly<Record<string, string>> {
    const preload = this.#library;
    if (preload === undefined) return { ...shimEnvironment(), KVORUM_CLOCK_FILE: this.#path };
    if (this.rate !== 1) return { LD_PRELOAD: preload, FAKETIME: `+0 x${this.rate}` };
    return {
      LD_PRELOAD: preload,
      FAKETIME_TIMESTAMP_FILE: this.#path,
      FAKETIME_CACHE_DURATION: '1',
      DONT_FAKE_MONOTONIC: '1',
    };
  }

  /** How often the process was told a wrong time, by its own count; none where libfaketime tells it. */
  get hits(): number {
    return countsIn(`${this.#path}-counts`);
  }

  /** Moves the wall clock of the running process, by so many seconds from the right time. */
  setOffset(seconds: number): void {
    writeFileSync(this.#path, `${seconds < 0 ? '-' : '+'}${Math.abs(seconds)}\n`);
  }
}

function countsIn(path: string): number {
  return existsSync(path) ? readFileSync(path, 'utf8').split('\n').length - 1 : 0;
}

function library(): string | undefined {
  return LIBRARIES.find((path) => existsSync(path));
}
