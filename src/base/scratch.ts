import { POOLED_BYTES_MIN } from './buffer-pool.ts';

/**
 * One piece of memory for what is copied elsewhere before the next is put together: to make a piece for each
 * of a gigabyte of records, and to clear them away, costs as much as the copying.
 */
export class Scratch {
  readonly #bytes: Uint8Array = new Uint8Array(POOLED_BYTES_MIN);

  /** Room for that many bytes, which are not blank, until the next call. */
  take(length: number): Uint8Array {
    return length > this.#bytes.length ? new Uint8Array(length) : this.#bytes.subarray(0, length);
  }
}
