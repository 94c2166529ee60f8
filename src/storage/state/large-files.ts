import { open, readdir, stat, unlink } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from '@node-rs/crc32';
import { present } from '../../base/assert.ts';
import { syncDirectory } from '../atomic-file.ts';
import { systemCode } from '../disk-error.ts';
import type { Place } from './split-value.ts';

const NAME = /^large-(\d+)\.values$/;

/** The numbers of the files in a directory, and how long each is. */
export async function largeFiles(directory: string): Promise<ReadonlyMap<number, number>> {
  const files = new Map<number, number>();
  for (const name of await readdir(directory)) {
    const number = NAME.exec(name)?.[1];
    if (number !== undefined) files.set(Number(number), (await stat(join(directory, name))).size);
  }
  return files;
}

export async function removeLargeFile(directory: string, file: number): Promise<void> {
  await unlink(pathOf(directory, file));
}

function pathOf(directory: string, file: number): string {
  return join(directory, `large-${file}.values`);
}

/** Adds bytes to one file, which it makes. What fails is not tried again. */
export class LargeFileWriter {
  readonly file: number;
  readonly #directory: string;
  #handle: FileHandle | undefined;
  #length = 0;
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #written = 0;
  #synced = 0;

  constructor(directory: string, file: number) {
    this.file = file;
    this.#directory = directory;
  }

  /** With what waits. */
  get length(): number {
    return this.#length;
  }

  /** Added, and not written yet. */
  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  /** The bytes must stay as they are until they are written. */
  add(bytes: Uint8Array, crc: number): Place {
    const place = { file: this.file, offset: this.#length, length: bytes.length, crc };
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
    this.#length += bytes.length;
    return place;
  }

  async write(): Promise<void> {
    if (this.#waiting.length === 0) return;
    this.#handle ??= await open(pathOf(this.#directory, this.file), 'wx', 0o600);
    const waiting = this.#waiting.splice(0);
    this.#waitingBytes = 0;
    for (const bytes of waiting) {
      for (let done = 0; done < bytes.length;) {
        const { bytesWritten } = await this.#handle.write(bytes, done, bytes.length - done, this.#written);
        done += bytesWritten;
        this.#written += bytesWritten;
      }
    }
  }

  /** Writes what waits; all of it is on stable storage when this settles. */
  async sync(): Promise<void> {
    await this.write();
    if (this.#synced === this.#written) return;
    await present(this.#handle, 'what was written has a file').datasync();
    if (this.#synced === 0) await syncDirectory(this.#directory);
    this.#synced = this.#written;
  }

  async close(): Promise<void> {
    await this.#handle?.close();
    this.#handle = undefined;
  }
}

/** Reads parts of the files; holds one of them open. */
export class LargeFileReader {
  readonly #directory: string;
  #handle: FileHandle | undefined;
  #file = 0;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /**
   * Undefined if what is there is not what was written.
   *
   * @param bytes - where it goes, as long as it is
   */
  async read(
    { file, offset, length, crc }: Place,
    bytes: Uint8Array = new Uint8Array(length),
  ): Promise<Uint8Array | undefined> {
    if (file !== this.#file) {
      await this.close();
      this.#handle = await open(pathOf(this.#directory, file)).catch(unlessMissing);
      this.#file = file;
    }
    let done = 0;
    while (this.#handle !== undefined && done < length) {
      const { bytesRead } = await this.#handle.read(bytes, done, length - done, offset + done);
      if (bytesRead === 0) break;
      done += bytesRead;
    }
    return done === length && crc32(bytes) === crc ? bytes : undefined;
  }

  async close(): Promise<void> {
    await this.#handle?.close();
    this.#handle = undefined;
    this.#file = 0;
  }
}

function unlessMissing(error: unknown): undefined {
  if (systemCode(error) !== 'ENOENT') throw error;
}
