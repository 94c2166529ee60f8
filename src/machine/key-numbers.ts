/** At each place of a key stands one of 256 bytes, or its end. */
const SIGNS = 257;
/** So many places of keys are looked at together. */
const PLACES = 32;

/**
 * Tells what keys have at some places as one whole number for each, which orders as they do: a sign by its
 * rank among those that stand at the same place of any of the keys. So places that are the same in all keys
 * take no room in the number, and a digit little.
 */
export class KeyNumbers {
  /** The first place. */
  #depth = 0;
  /** How many it is about. */
  #places = 0;
  #limit = 1;
  /** Of the sign of each place, whether it stands there; then its rank. */
  readonly #ranks: Uint16Array = new Uint16Array(PLACES * SIGNS);
  readonly #signs: Uint16Array = new Uint16Array(PLACES);
  #shortest = Infinity;
  #longest = 0;

  /** Behind the last place. */
  get end(): number {
    return this.#depth + this.#places;
  }

  /** Each number is below it, and it is no more than 2^53. */
  get limit(): number {
    return this.#limit;
  }

  /** Begins with other keys, which are all the same before that place. */
  begin(depth: number): void {
    this.#depth = depth;
    this.#ranks.fill(0);
    this.#shortest = Infinity;
    this.#longest = 0;
  }

  /** Every key is to be seen before the first number is told. */
  see(bytes: Uint8Array, from: number, to: number): void {
    const first = from + this.#depth;
    const end = Math.min(to, first + PLACES);
    for (let at = first; at < end; at++) this.#ranks[(at - first) * SIGNS + (bytes[at] ?? 0) + 1] = 1;
    this.#shortest = Math.min(this.#shortest, to - first);
    this.#longest = Math.max(this.#longest, to - first);
  }

  /** All were seen. */
  rank(): void {
    const places = Math.min(this.#longest, PLACES);
    this.#limit = 1;
    for (this.#places = 0; this.#places < places; this.#places++) {
      if (this.#places >= this.#shortest) this.#ranks[this.#places * SIGNS] = 1;
      const signs = this.#rankPlace(this.#places * SIGNS);
      if (this.#limit * signs > Number.MAX_SAFE_INTEGER) return;
      this.#limit *= signs;
      this.#signs[this.#places] = signs;
    }
  }

  numberOf(bytes: Uint8Array, from: number, to: number): number {
    const first = from + this.#depth;
    let number = 0;
    for (let place = 0; place < this.#places; place++) {
      const at = first + place;
      const sign = at < to ? (bytes[at] ?? 0) + 1 : 0;
      number = number * (this.#signs[place] ?? 0) + (this.#ranks[place * SIGNS + sign] ?? 0);
    }
    return number;
  }

  /** How many different signs stand at the place. */
  #rankPlace(from: number): number {
    let signs = 0;
    for (let at = from; at < from + SIGNS; at++) if (this.#ranks[at] === 1) this.#ranks[at] = signs++;
    return signs;
  }
}
