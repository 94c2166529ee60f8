import { assert, present } from './assert.ts';
import type { Random } from './random.ts';

/**
 * Randomness that a seed fixes: the same seed gives the same numbers, on every machine.
 *
 * The generator is sfc32 (Chris Doty-Humphrey's "small fast counting"): 128 bits of state, of which
 * 32 are a counter, so no seed leads into a short cycle. Not for secrets.
 */
export class SeededRandom implements Random {
  #a: number;
  #b: number;
  #c: number;
  #counter: number;

  /** @param seed - a safe integer; all its bits count. */
  constructor(seed: number) {
    assert(Number.isSafeInteger(seed), 'a seed is a safe integer');
    this.#a = seed | 0;
    this.#b = Math.floor(seed / 2 ** 32) | 0;
    this.#c = 0;
    this.#counter = 1;
    // Nearby seeds begin alike: these rounds drive them apart.
    for (let round = 0; round < 15; round++) this.#next();
  }

  integer(min: number, max: number): number {
    const span = max - min + 1;
    assert(span >= 1 && span <= 2 ** 32, 'a range holds from 1 to 2^32 numbers');
    // Scaling 32 bits leaves a bias below span / 2^32, which no test here can see.
    return min + Math.floor((this.#next() / 2 ** 32) * span);
  }

  chance(probability: number): boolean {
    return this.#next() / 2 ** 32 < probability;
  }

  pick<T>(items: readonly T[]): T {
    assert(items.length > 0, 'there is an item to pick');
    return present(items[this.integer(0, items.length - 1)], 'the item is within the list');
  }

  /** A generator of its own, fixed by this one: what one part draws does not disturb another. */
  fork(): SeededRandom {
    return new SeededRandom(this.integer(0, 2 ** 21 - 1) * 2 ** 32 + this.#next());
  }

  /** The next 32 bits, as a number from 0 to 2^32 - 1. */
  #next(): number {
    const result = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + result) | 0;
    return result >>> 0;
  }
}
