import type { OpenFile } from './file-system.ts';

const WINDOW_BYTES = 1024 * 1024;

/** Reads a file from front to back in large pieces, holding one at a time. */
export class FileWindow {
  readonly #file: OpenFile;
  readonly #buffer: Uint8Array;
  #start = 0;
  #filled = 0;

  constructor(file: OpenFile, fileBytes: number) {
    this.#file = file;
    this.#buffer = new Uint8Array(Math.min(WINDOW_BYTES, fileBytes));
  }

  /** Those bytes, fewer at the end of the file. Valid until the next call. */
  read(position: number, length: number): Uint8Array {
    if (length > this.#buffer.length) {
      const bytes = new Uint8Array(length);
      return bytes.subarray(0, this.#file.read(bytes, position));
    }
    const held = position >= this.#start && position + length <= this.#start + this.#filled;
    if (!held) {
      this.#start = position;
      this.#filled = this.#file.read(this.#buffer, position);
    }
    const from = position - this.#start;
    return this.#buffer.subarray(from, Math.min(from + length, this.#filled));
  }
}
