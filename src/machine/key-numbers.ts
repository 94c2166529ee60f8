/** At each place of a key stands one of 256 bytes, or its end. */
const SIGNS = 257;
/** So many places of keys are looked at together. */
const PLACES = 32;
/** What a number tells goes into 32 bits: they are sorted in half of the time that more would take. */
const LIMIT_MAX: number = 2 ** 32;

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
  /** Where keys differ. */
  readonly #telling: number[] = [];
  #shortest = PLACES;
  #longest = 0;

  /** Behind the last place. */
  get end(): number {
    return this.#depth + this.#places;
  }

  /** Each number is below it, and it is no more than 2^32. */
  get limit(): number {
    return this.#limit;
  }

  /** Begins with other keys, which are all the same before that place. */
  begin(depth: number): void {
    this.#depth = depth;
    this.#ranks.fill(0);
    this.#shortest = PLACES;
    this.#longest = 0;
  }

  /** Every key is to be seen before the first number is told. */
  see(bytes: Uint8Array, from: number, to: number): void {
    const ranks = this.#ranks;
    const first = from + this.#depth;
    const places = Math.min(to - first, PLACES);
    for (let place = 0; place < places; place++) ranks[place * SIGNS + (bytes[first + place] ?? 0) + 1] = 1;
    if (places < this.#shortest) this.#shortest = places;
    if (places > this.#longest) this.#longest = places;
  }

  /** All were seen. */
  rank(): void {
    this.#limit = 1;
    this.#telling.length = 0;
    for (this.#places = 0; this.#places < this.#longest; this.#places++) {
      if (this.#places >= this.#shortest) this.#ranks[this.#places * SIGNS] = 1;
      const signs = this.#rankPlace(this.#places * SIGNS);
      if (this.#limit * signs > LIMIT_MAX) return;
      if (signs > 1) this.#telling.push(this.#places);
      this.#limit *= signs;
      this.#signs[this.#places] = signs;
    }
  }

  numberOf(bytes: Uint8Array, from: number, to: number): number {
    const first = from + this.#depth;
    let number = 0;
    for (const place of this.#telling) {
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
