/**
 * The clock of one node, set wrong on purpose while it runs: by libfaketime where that is installed,
 * else by a few lines of JavaScript that Node loads first, which change what `Date` says.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where the packages of the common Linux distributions put it. */
const LIBRARIES: readonly string[] = [
  '/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1',
  '/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1',
  '/usr/lib64/faketime/libfaketimeMT.so.1',
  '/usr/lib/faketime/libfaketimeMT.so.1',
];

/** Reads the offset from the clock file, at most ten times a second. */
const SHIM = `
const { readFileSync } = require('node:fs');
const RealDate = Date;
const realNow = Date.now.bind(Date);
let readMs = 0;
let offsetMs = 0;
const offset = () => {
  const nowMs = performance.now();
  if (nowMs - readMs > 100) {
    readMs = nowMs;
    try {
      offsetMs = 1000 * parseFloat(readFileSync(process.env.KVORUM_CLOCK_FILE, 'utf8')) || 0;
    } catch {}
  }
  return offsetMs;
};
globalThis.Date = class extends RealDate {
  constructor(...given) {
    if (given.length === 0) super(realNow() + offset());
    else super(...given);
  }
  static now() {
    return Math.round(realNow() + offset());
  }
};
`;

export class FakedClock {
  readonly #folder: string;
  readonly #name: string;
  /** Rate of both clocks, wall and monotonic, of the next process; 1 is right. */
  rate = 1;

  constructor(folder: string, name: string) {
    this.#folder = folder;
    this.#name = name;
    this.setOffset(0);
  }

  /** What this machine lacks to change the rate of the monotonic clock; undefined if nothing. */
  static missing(): string | undefined {
    return library() === undefined ? 'clock rates need libfaketime (apt-get install libfaketime)' : undefined;
  }

  /** How wall clocks are changed here. */
  static get mechanism(): string {
    return library() === undefined ? 'a changed Date (libfaketime is not installed)' : 'libfaketime';
  }

  /** What the process of the node must be started with. */
  get environment(): Readonly<Record<string, string>> {
    const preload = library();
    if (preload === undefined) {
      const shim = join(this.#folder, 'clock-shim.cjs');
      writeFileSync(shim, SHIM);
      return { NODE_OPTIONS: `--require=${shim}`, KVORUM_CLOCK_FILE: this.#path };
    }
    if (this.rate !== 1) return { LD_PRELOAD: preload, FAKETIME: `+0 x${this.rate}` };
    return {
      LD_PRELOAD: preload,
      FAKETIME_TIMESTAMP_FILE: this.#path,
      FAKETIME_CACHE_DURATION: '1',
      DONT_FAKE_MONOTONIC: '1',
    };
  }

  /** Moves the wall clock of the running process, by so many seconds from the right time. */
  setOffset(seconds: number): void {
    writeFileSync(this.#path, `${seconds < 0 ? '-' : '+'}${Math.abs(seconds)}\n`);
  }

  get #path(): string {
    return join(this.#folder, `${this.#name}.clock`);
  }
}

function library(): string | undefined {
  return LIBRARIES.find((path) => existsSync(path));
}
