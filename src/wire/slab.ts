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
    if (view.length > COPY_MAX_BYTES) return view.slice();
    if (this.#used + view.length > SLAB_BYTES) {
      this.#bytes = new Uint8Array(SLAB_BYTES);
      this.#used = 0;
    }
    const copy = this.#bytes.subarray(this.#used, this.#used + view.length);
    copy.set(view);
    this.#used += view.length;
    return copy;
  }
}
