import { powerOfTwo } from './buffer-pool.ts';

/**
 * One piece of memory for what is copied elsewhere before the next is put together: to make a piece for each
 * of a gigabyte of records, and to clear them away, costs as much as the copying. It grows with what is asked
 * of it, up to a bound; a longer one gets memory of its own.
 */
export class Scratch {
  readonly #bytesMax: number;
  #bytes: Uint8Array;

  constructor(bytesMin: number, bytesMax: number) {
    this.#bytesMax = bytesMax;
    this.#bytes = new Uint8Array(bytesMin);
  }

  /** Room for that many bytes, which are not blank, until the next call. */
  take(length: number): Uint8Array {
    if (length > this.#bytesMax) return new Uint8Array(length);
    if (length > this.#bytes.length) this.#bytes = new Uint8Array(powerOfTwo(length));
    return this.#bytes.subarray(0, length);
  }
}
