/** Damage to the files of a node that is down, as a disk does it in silence. */
import { closeSync, openSync, readdirSync, readSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Random } from '../../src/base/random.ts';

export interface Damage {
  readonly path: string;
  readonly offset: number;
  readonly before: Uint8Array;
}

/** Changes some bytes somewhere in the files below a folder that match; undefined if there is none. */
export function damageFile(folder: string, wanted: RegExp, random: Random): Damage | undefined {
  const files = readdirSync(folder, { recursive: true })
    .map((name) => join(folder, String(name)))
    .filter((path) => wanted.test(path) && statSync(path).isFile() && statSync(path).size > 0)
    .sort();
  if (files.length === 0) return undefined;
  const path = random.pick(files);
  const bytes = contentBytes(path);
  const offset = random.integer(0, Math.max(0, bytes - 1));
  const length = Math.min(bytes - offset, random.pick([1, 1, 1, 8, 64]));
  const file = openSync(path, 'r+');
  try {
    const before = new Uint8Array(Math.max(1, length));
    readSync(file, before, 0, before.length, offset);
    const after = before.map((byte) => byte ^ (1 << random.integer(0, 7)));
    writeSync(file, after, 0, after.length, offset);
    return { path, offset, before };
  } finally {
    closeSync(file);
  }
}

/** Puts back what was there before. */
export function repairFile({ path, offset, before }: Damage): void {
  const file = openSync(path, 'r+');
  try {
    writeSync(file, before, 0, before.length, offset);
  } finally {
    closeSync(file);
  }
}

/** Up to the last byte that is not zero: a preallocated file is mostly empty. */
function contentBytes(path: string): number {
  const { size } = statSync(path);
  const block = new Uint8Array(64 * 1024);
  const file = openSync(path, 'r');
  try {
    for (let end = size; end > 0;) {
      const from = Math.max(0, end - block.length);
      const read = readSync(file, block, 0, end - from, from);
      for (let at = read - 1; at >= 0; at--) if (block[at] !== 0) return from + at + 1;
      end = from;
    }
    return size;
  } finally {
    closeSync(file);
  }
}
