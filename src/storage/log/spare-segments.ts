import { isDiskFull } from '../disk-error.ts';
import type { FileSystem, OpenFile } from './file-system.ts';

const NAME = 'spare.segment';
const USED_NAME = /^used-\d+\.segment$/;
const LARGE_NAME = 'large.segment';
const STEP_BYTES = 512 * 1024;
const ZEROS: Uint8Array = new Uint8Array(STEP_BYTES);

/** A file that is filled and waits for its header and its name. */
export interface BlankSegment {
  readonly path: string;
  readonly file: OpenFile;
  readonly bytes: number;
}

export interface SpareSegmentsOptions {
  readonly fileSystem: FileSystem;
  readonly directory: string;
  /** Of each. */
  readonly bytes: number;
  /** So many used ones are kept. */
  readonly usedMax: number;
}

/**
 * The next segments: used ones that wait to be used again, or, for want of such, a new one that is made
 * ahead in small steps so that a roll need not wait for it. Each was written over its whole length: a
 * write into it changes no metadata, and cannot find the disk full.
 */
export class SpareSegments {
  readonly #fileSystem: FileSystem;
  readonly #directory: string;
  readonly #bytes: number;
  readonly #usedMax: number;
  /** Their names; the files are closed. */
  #used: string[] = [];
  /** Of the new one. */
  #file: OpenFile | undefined;
  #filledBytes = 0;
  /** The disk was full: not tried again before the segment is needed, or it is asked for. */
  #postponed = false;

  constructor({ fileSystem, directory, bytes, usedMax }: SpareSegmentsOptions) {
    this.#fileSystem = fileSystem;
    this.#directory = directory;
    this.#bytes = bytes;
    this.#usedMax = usedMax;
  }

  /** Finds what an earlier run left. */
  open(): void {
    const names = this.#fileSystem.list(this.#directory);
    if (names.includes(LARGE_NAME)) this.#fileSystem.remove(this.#pathOf(LARGE_NAME));
    for (const name of names.filter((each) => USED_NAME.test(each))) {
      const isWelcome = this.#used.length < this.#usedMax && this.#isWhole(name);
      if (isWelcome) this.#used.push(name);
      else this.#fileSystem.remove(this.#pathOf(name));
    }
    if (!names.includes(NAME)) return;
    if (this.#isWhole(NAME)) {
      this.#file = this.#fileSystem.open(this.#pathOf(NAME));
      this.#filledBytes = this.#bytes;
    } else {
      this.#fileSystem.remove(this.#pathOf(NAME));
    }
  }

  /** Of the new one. */
  get filledBytes(): number {
    return this.#filledBytes;
  }

  get isReady(): boolean {
    return this.#used.length > 0 || this.#isFilled;
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
    if (bytes !== this.#bytes || this.#used.length >= this.#usedMax) return false;
    const name = this.#freeName();
    this.#fileSystem.rename(path, this.#pathOf(name));
    this.#used.push(name);
    this.#postponed = false;
    return true;
  }

  /**
   * Hands out a file of at least that length; what is not ready is made now. Undefined if the disk is
   * full: nothing has happened then, and it may be tried again.
   */
  take(bytesMin: number): BlankSegment | undefined {
    try {
      if (bytesMin > this.#bytes) return this.#large(bytesMin);
      return this.#takeUsed() ?? this.#takeNew();
    } catch (error) {
      if (!isDiskFull(error)) throw error;
      this.#postponed = true;
      this.#abandon();
      return undefined;
    }
  }

  close(): void {
    this.#file?.close();
    this.#file = undefined;
  }

  #takeUsed(): BlankSegment | undefined {
    const name = this.#used.pop();
    if (name === undefined) return undefined;
    const path = this.#pathOf(name);
    return { path, file: this.#fileSystem.open(path), bytes: this.#bytes };
  }

  #takeNew(): BlankSegment {
    while (!this.#isFilled) this.#fill();
    const path = this.#pathOf(NAME);
    const file = this.#file ?? this.#fileSystem.open(path);
    this.#file = undefined;
    this.#filledBytes = 0;
    this.#postponed = false;
    return { path, file, bytes: this.#bytes };
  }

  get #isFilled(): boolean {
    return this.#filledBytes === this.#bytes;
  }

  #pathOf(name: string): string {
    return `${this.#directory}/${name}`;
  }

  #freeName(): string {
    for (let number = 1; ; number++) {
      const name = `used-${number}.segment`;
      if (!this.#used.includes(name)) return name;
    }
  }

  /** What is shorter would have to grow while it is written to. */
  #isWhole(name: string): boolean {
    const file = this.#fileSystem.open(this.#pathOf(name));
    const bytes = file.size();
    file.close();
    return bytes === this.#bytes;
  }

  /** Gives back the space that a file has which could not be made as long as it should be. */
  #abandon(): void {
    const names = this.#fileSystem.list(this.#directory);
    if (names.includes(LARGE_NAME)) this.#fileSystem.remove(this.#pathOf(LARGE_NAME));
    if (this.#isFilled) return;
    this.close();
    if (names.includes(NAME)) this.#fileSystem.remove(this.#pathOf(NAME));
    this.#filledBytes = 0;
  }

  #fill(): void {
    this.#file ??= this.#fileSystem.create(this.#pathOf(NAME));
    const bytes = Math.min(STEP_BYTES, this.#bytes - this.#filledBytes);
    this.#file.write(ZEROS.subarray(0, bytes), this.#filledBytes);
    this.#file.sync();
    this.#filledBytes += bytes;
  }

  /** For a frame that fits no ordinary segment: one of its own, never used again. */
  #large(bytes: number): BlankSegment {
    const path = this.#pathOf(LARGE_NAME);
    const file = this.#fileSystem.create(path);
    try {
      for (let at = 0; at < bytes; at += STEP_BYTES) {
        file.write(ZEROS.subarray(0, Math.min(STEP_BYTES, bytes - at)), at);
      }
      file.sync();
    } catch (error) {
      file.close();
      throw error;
    }
    return { path, file, bytes };
  }
}
