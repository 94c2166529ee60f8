import { isDiskFull } from '../disk-error.ts';
import type { FileSystem, OpenFile } from './file-system.ts';

const NAME = 'spare.segment';
const LARGE_NAME = 'large.segment';
const STEP_BYTES = 512 * 1024;

/** A file that is filled and waits for its header and its name. */
export interface BlankSegment {
  readonly path: string;
  readonly file: OpenFile;
  readonly bytes: number;
}

/**
 * The next segment, made ahead in small steps so that a roll need not wait for it, or a used one
 * that waits to be used again. Written over its whole length: a write into it changes no metadata,
 * and cannot find the disk full.
 */
export class SpareSegment {
  readonly #fileSystem: FileSystem;
  readonly #directory: string;
  readonly #bytes: number;
  #file: OpenFile | undefined;
  #filledBytes = 0;
  /** The disk was full: not tried again before the segment is needed, or it is asked for. */
  #postponed = false;

  constructor(fileSystem: FileSystem, directory: string, bytes: number) {
    this.#fileSystem = fileSystem;
    this.#directory = directory;
    this.#bytes = bytes;
  }

  /** Finds what an earlier run left. */
  open(): void {
    const names = this.#fileSystem.list(this.#directory);
    if (names.includes(LARGE_NAME)) this.#fileSystem.remove(`${this.#directory}/${LARGE_NAME}`);
    if (!names.includes(NAME)) return;
    const file = this.#fileSystem.open(this.#path);
    if (file.size() === this.#bytes) {
      this.#file = file;
      this.#filledBytes = this.#bytes;
    } else {
      file.close();
      this.#fileSystem.remove(this.#path);
    }
  }

  get filledBytes(): number {
    return this.#filledBytes;
  }

  get isReady(): boolean {
    return this.#filledBytes === this.#bytes;
  }

  /** The disk had no room for the next segment. */
  get isPostponed(): boolean {
    return this.#postponed;
  }

  /** It may have by now. */
  tryAgain(): void {
    this.#postponed = false;
  }

  /** Goes on filling; whether there was something to do. A full disk is no error yet. */
  step(): boolean {
    if (this.isReady || this.#postponed) return false;
    try {
      this.#fill();
    } catch (error) {
      if (!isDiskFull(error)) throw error;
      this.#postponed = true;
      this.#abandon();
    }
    return true;
  }

  /** Takes over a used segment's file, which is closed; whether there was need for it. */
  adopt(path: string, bytes: number): boolean {
    if (bytes !== this.#bytes || this.#file !== undefined) return false;
    this.#fileSystem.rename(path, this.#path);
    this.#file = this.#fileSystem.open(this.#path);
    this.#filledBytes = bytes;
    return true;
  }

  /**
   * Hands out a file of at least that length; what is not ready is made now. Undefined if the disk is
   * full: nothing has happened then, and it may be tried again.
   */
  take(bytesMin: number): BlankSegment | undefined {
    try {
      if (bytesMin > this.#bytes) return this.#large(bytesMin);
      while (!this.isReady) this.#fill();
    } catch (error) {
      if (!isDiskFull(error)) throw error;
      this.#postponed = true;
      this.#abandon();
      return undefined;
    }
    const file = this.#file ?? this.#fileSystem.open(this.#path);
    this.#file = undefined;
    this.#filledBytes = 0;
    this.#postponed = false;
    return { path: this.#path, file, bytes: this.#bytes };
  }

  close(): void {
    this.#file?.close();
    this.#file = undefined;
  }

  get #path(): string {
    return `${this.#directory}/${NAME}`;
  }

  /** Gives back the space that a file has which could not be made as long as it should be. */
  #abandon(): void {
    const names = this.#fileSystem.list(this.#directory);
    if (names.includes(LARGE_NAME)) this.#fileSystem.remove(`${this.#directory}/${LARGE_NAME}`);
    if (this.isReady) return;
    this.close();
    if (names.includes(NAME)) this.#fileSystem.remove(this.#path);
    this.#filledBytes = 0;
  }

  #fill(): void {
    this.#file ??= this.#fileSystem.create(this.#path);
    const bytes = Math.min(STEP_BYTES, this.#bytes - this.#filledBytes);
    this.#file.write(new Uint8Array(bytes), this.#filledBytes);
    this.#file.sync();
    this.#filledBytes += bytes;
  }

  /** For a frame that fits no ordinary segment: one of its own, never used again. */
  #large(bytes: number): BlankSegment {
    const path = `${this.#directory}/${LARGE_NAME}`;
    const file = this.#fileSystem.create(path);
    try {
      for (let at = 0; at < bytes; at += STEP_BYTES) {
        file.write(new Uint8Array(Math.min(STEP_BYTES, bytes - at)), at);
      }
      file.sync();
    } catch (error) {
      file.close();
      throw error;
    }
    return { path, file, bytes };
  }
}
