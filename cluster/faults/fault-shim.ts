/**
 * Faults from the inside, for machines on which they cannot be had from outside: loaded into a node
 * before anything else (`NODE_OPTIONS=--import=…`), in all its threads, it changes what `Date` says
 * and what `node:fs` does, as two small files tell it. It knows nothing of the node.
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

/** What is wrong with a disk. */
export interface ShimmedDisk {
  /** Every sync takes this much longer, in ms. */
  readonly syncDelayMs?: number;
  /** Every sync fails with EIO. */
  readonly syncFails?: boolean;
  /** No file can grow. */
  readonly full?: boolean;
  /** Counts what was done, in this file: a line each. */
  readonly countsPath?: string;
}

const READ_AGAIN_MS = 100;
const { readFileSync, appendFileSync, fdatasyncSync, fstatSync, writeSync } = fs;
const RealDate = Date;
const realNow = Date.now.bind(Date);

/** The contents of a file that a variable names, read again ten times a second. */
function watched<T>(variable: string, initial: T, parse: (text: string) => T): () => T {
  const path = process.env[variable];
  if (path === undefined) return () => initial;
  let readMs = -Infinity;
  let value = initial;
  return () => {
    const nowMs = performance.now();
    if (nowMs - readMs < READ_AGAIN_MS) return value;
    readMs = nowMs;
    try {
      value = parse(readFileSync(path, 'utf8'));
    } catch {
      // it is being written just now
    }
    return value;
  };
}

const offsetMs = watched('KVORUM_CLOCK_FILE', 0, (text) => 1000 * Number(text));
const disk = watched<ShimmedDisk>('KVORUM_DISK_FILE', {}, (text) => JSON.parse(text) as ShimmedDisk);

let notedMs = -Infinity;

/** Leaves a sign, once a second, that somebody was told a wrong time. */
function noteShift(): void {
  const path = process.env['KVORUM_CLOCK_FILE'];
  const nowMs = performance.now();
  if (path === undefined || nowMs - notedMs < 1_000) return;
  notedMs = nowMs;
  appendFileSync(`${path}-counts`, 'shift\n');
}

function shimClock(): void {
  class ShiftedDate extends RealDate {
    constructor(...given: readonly unknown[]) {
      if (given.length === 0) super(ShiftedDate.now());
      else super(...(given as [number]));
    }

    static override now(): number {
      const offset = offsetMs();
      if (offset !== 0) noteShift();
      return Math.round(realNow() + offset);
    }
  }
  globalThis.Date = ShiftedDate as DateConstructor;
}

function count(what: string): void {
  const { countsPath } = disk();
  if (countsPath !== undefined) appendFileSync(countsPath, `${what}\n`);
}

function failure(code: string, what: string): Error {
  return Object.assign(new Error(`${code}: ${what} (injected)`), { code, syscall: what });
}

function shimDisk(): void {
  fs.fdatasyncSync = (descriptor: number): void => {
    const { syncDelayMs, syncFails } = disk();
    if (syncDelayMs !== undefined) {
      count('delay');
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, syncDelayMs);
    }
    if (syncFails === true) {
      count('eio');
      throw failure('EIO', 'fdatasync');
    }
    fdatasyncSync(descriptor);
  };
  fs.writeSync = writeUnlessFull;
}

function writeUnlessFull(...given: readonly unknown[]): number {
  const [descriptor, , , length, position] = given;
  if (disk().full === true && typeof length === 'number' && typeof position === 'number') {
    if (position + length > fstatSync(descriptor as number).size) {
      count('full');
      throw failure('ENOSPC', 'write');
    }
  }
  return (writeSync as (...given: readonly unknown[]) => number)(...given);
}

shimClock();
if (process.env['KVORUM_DISK_FILE'] !== undefined) shimDisk();
syncBuiltinESMExports();
