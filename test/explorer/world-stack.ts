import { assert } from '../../src/base/assert.ts';

const BLOCK = 2 ** 20;

/** Whole worlds that wait to be looked at, in few bytes: lists of 32-bit numbers, last in, first out. */
export class WorldStack {
  readonly #blocks: Int32Array[] = [];
  #top = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  push(slot: number, world: Int32Array, length: number): void {
    for (let at = 0; at < length; at++) this.#put(world[at] ?? 0);
    this.#put(slot | 0);
    this.#put(length);
    this.#size += 1;
  }

  /** Takes the last one into `world`: its place in the set of visited states, and its length. */
  pop(world: Int32Array): { readonly slot: number; readonly length: number } {
    assert(this.#size > 0, 'a world waits');
    const length = this.#take();
    const slot = this.#take() >>> 0;
    for (let at = length - 1; at >= 0; at--) world[at] = this.#take();
    this.#size -= 1;
    return { slot, length };
  }

  #put(value: number): void {
    const block = Math.floor(this.#top / BLOCK);
    if (block === this.#blocks.length) this.#blocks.push(new Int32Array(BLOCK));
    const numbers = this.#blocks[block];
    if (numbers !== undefined) numbers[this.#top % BLOCK] = value;
    this.#top += 1;
  }

  #take(): number {
    this.#top -= 1;
    const value = this.#blocks[Math.floor(this.#top / BLOCK)]?.[this.#top % BLOCK] ?? 0;
    // What is empty by two blocks is given back.
    if (this.#blocks.length > Math.floor(this.#top / BLOCK) + 2) this.#blocks.pop();
    return value;
  }
}
