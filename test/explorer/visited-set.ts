import { assert } from '../../src/base/assert.ts';

/** What a place of the set that holds nothing says of its level. */
const FREE = 255;

/**
 * States that were seen, as hashes of 64 bits, in 17 bytes each: with a hundred million of them two
 * share a hash with a chance of less than one in three thousand. Each remembers by what action from
 * where it was reached first, and with how many decisions.
 */
export class VisitedSet {
  readonly #low: Uint32Array;
  readonly #high: Uint32Array;
  readonly #levels: Uint8Array;
  readonly #parents: Uint32Array;
  readonly #actions: Uint32Array;
  readonly #mask: number;
  #size = 0;

  /** @param sizeMax - no more are added; a quarter of the places stay free */
  constructor(sizeMax: number) {
    const places = 2 ** Math.ceil(Math.log2(sizeMax / 0.75));
    this.#low = new Uint32Array(places);
    this.#high = new Uint32Array(places);
    this.#levels = new Uint8Array(places).fill(FREE);
    this.#parents = new Uint32Array(places);
    this.#actions = new Uint32Array(places);
    this.#mask = places - 1;
  }

  get size(): number {
    return this.#size;
  }

  levelOf(slot: number): number {
    return this.#levels[slot] ?? FREE;
  }

  /** The state from which this one was reached, and the action; a state to begin with is its own parent. */
  originOf(slot: number): { readonly parent: number; readonly action: number } {
    return { parent: this.#parents[slot] ?? slot, action: this.#actions[slot] ?? 0 };
  }

  /** Its place if the state is new, or was not reached before with so few decisions; otherwise -1. */
  reach(low: number, high: number, level: number, parent: number, action: number): number {
    assert(level < FREE, 'a level is a byte');
    let slot = low & this.#mask;
    while (this.#levels[slot] !== FREE) {
      if (this.#low[slot] === low && this.#high[slot] === high) {
        if (level >= this.levelOf(slot)) return -1;
        this.#note(slot, level, parent, action);
        return slot;
      }
      slot = (slot + 1) & this.#mask;
    }
    this.#low[slot] = low;
    this.#high[slot] = high;
    this.#size += 1;
    this.#note(slot, level, parent === -1 ? slot : parent, action);
    return slot;
  }

  #note(slot: number, level: number, parent: number, action: number): void {
    this.#levels[slot] = level;
    this.#parents[slot] = parent;
    this.#actions[slot] = action;
  }
}
