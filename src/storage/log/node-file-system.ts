import {
  closeSync,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import type { FileSystem, OpenFile } from './file-system.ts';

class NodeFile implements OpenFile {
  readonly #descriptor: number;

  constructor(path: string, flags: string) {
    this.#descriptor = openSync(path, flags, 0o600);
  }

  size(): number {
    return fstatSync(this.#descriptor).size;
  }

  read(target: Uint8Array, position: number): number {
    let done = 0;
    while (done < target.length) {
      const count = readSync(this.#descriptor, target, done, target.length - done, position + done);
      if (count === 0) break;
      done += count;
    }
    return done;
  }

  write(bytes: Uint8Array, position: number): void {
    let done = 0;
    while (done < bytes.length) {
      done += writeSync(this.#descriptor, bytes, done, bytes.length - done, position + done);
    }
  }

  sync(): void {
    fdatasyncSync(this.#descriptor);
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}

/** The real file system. Blocks its thread: for a worker of its own. */
export const nodeFileSystem: FileSystem = {
  makeDirectory: (path) => {
    mkdirSync(path, { recursive: true, mode: 0o700 });
  },
  list: (path) => readdirSync(path).toSorted(),
  create: (path) => new NodeFile(path, 'wx+'),
  open: (path) => new NodeFile(path, 'r+'),
  rename: renameSync,
  remove: unlinkSync,
  syncDirectory: (path) => {
    const descriptor = openSync(path, 'r');
    try {
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  },
};
