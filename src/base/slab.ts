const SLAB_BYTES = 16 * 1024;
const COPY_MAX_BYTES = 1024;

/**
 * Makes copies of bytes. Small ones share slabs: a backing store of its own for each costs ten times
 * the copying. A slab lives as long as one of its copies, so what lives long and what does not are best
 * copied apart.
 */
export class Slab {
  #bytes: Uint8Array = new Uint8Array(SLAB_BYTES);
  #used = 0;

  copy(view: Uint8Array): Uint8Array {
    // Not `slice`: that of a Buffer copies nothing.
    if (view.length > COPY_MAX_BYTES) return new Uint8Array(view);
    const copy = this.take(view.length);
    copy.set(view);
    return copy;
  }

  /** Room for that many bytes, which are 0. */
  take(length: number): Uint8Array {
    if (length > COPY_MAX_BYTES) return new Uint8Array(length);
    if (this.#used + length > SLAB_BYTES) {
      this.#bytes = new Uint8Array(SLAB_BYTES);
      this.#used = 0;
    }
    const from = this.#used;
    this.#used += length;
    return this.#bytes.subarray(from, this.#used);
  }
}
