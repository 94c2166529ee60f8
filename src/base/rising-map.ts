const CAPACITY_MIN = 64;
/** Keys are above it. */
const NO_KEY = 0;

/**
 * A map from whole numbers above 0 that mostly rise, such as those of requests, for things that soon
 * leave again.
 *
 * A `Map` would do, but for the garbage: V8 moves the entries of one that changes to a new table again
 * and again, and each old table refers to the next. Once one of them is in the old generation, all
 * later ones stay with everything that they ever held, until the next full collection.
 */
export class RisingMap<T> {
  /** The key of each slot; the slot of a key is its remainder. */
  #keys: Float64Array = new Float64Array(CAPACITY_MIN);
  #values: (T | undefined)[] = Array.from({ length: CAPACITY_MIN });
  /** Old ones whose slot was wanted for a new one. */
  readonly #stragglers = new Map<number, T>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(key: number): T | undefined {
    const slot = this.#slotOf(key);
    return this.#keys[slot] === key ? this.#values[slot] : this.#stragglers.get(key);
  }

  set(key: number, value: T): void {
    this.delete(key);
    if (this.#size * 2 >= this.#keys.length) this.#grow();
    this.#put(key, value);
    this.#size++;
  }

  delete(key: number): boolean {
    const slot = this.#slotOf(key);
    if (this.#keys[slot] === key) {
      this.#keys[slot] = NO_KEY;
      this.#values[slot] = undefined;
    } else if (!this.#stragglers.delete(key)) {
      return false;
    }
    this.#size--;
    return true;
  }

  /** In the order of their keys. */
  values(): readonly T[] {
    return this.#entries.sort(([left], [right]) => left - right).map(([, value]) => value);
  }

  clear(): void {
    this.#keys = new Float64Array(CAPACITY_MIN);
    this.#values = Array.from({ length: CAPACITY_MIN });
    this.#stragglers.clear();
    this.#size = 0;
  }

  get #entries(): [number, T][] {
    const entries = [...this.#stragglers];
    this.#keys.forEach((key, slot) => {
      if (key !== NO_KEY) entries.push([key, this.#values[slot] as T]);
    });
    return entries;
  }

  #slotOf(key: number): number {
    return key & (this.#keys.length - 1);
  }

  #put(key: number, value: T): void {
    const slot = this.#slotOf(key);
    const before = this.#keys[slot] ?? NO_KEY;
    if (before !== NO_KEY) this.#stragglers.set(before, this.#values[slot] as T);
    this.#keys[slot] = key;
    this.#values[slot] = value;
  }

  #grow(): void {
    const entries = this.#entries;
    this.#keys = new Float64Array(2 * this.#keys.length);
    this.#values = Array.from({ length: this.#keys.length });
    this.#stragglers.clear();
    for (const [key, value] of entries) this.#put(key, value);
  }
}
