/**
 * A checksum over a whole set of records that follows each change: their number, and the sum of
 * their checksums. LevelDB can lose records, or bring back older ones, without an error; this tells.
 */
export class StateChecksum {
  readonly #checksums = new Map<string, number>();
  #sum = 0;

  get count(): number {
    return this.#checksums.size;
  }

  get sum(): number {
    return this.#sum;
  }

  put(key: string, checksum: number): void {
    this.#sum = (this.#sum - this.#of(key) + checksum) >>> 0;
    // As a signed number it needs no memory of its own.
    this.#checksums.set(key, checksum | 0);
  }

  delete(key: string): void {
    this.#sum = (this.#sum - this.#of(key)) >>> 0;
    this.#checksums.delete(key);
  }

  #of(key: string): number {
    return this.#checksums.get(key) ?? 0;
  }
}
