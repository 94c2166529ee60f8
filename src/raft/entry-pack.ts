import { present } from '../base/assert.ts';
import type { Index, Term } from '../base/flavor.ts';
import type { Entry, EntryKind } from './entry.ts';

const KINDS: readonly EntryKind[] = ['noop', 'command', 'configuration'];
/** Longer data stays where it is: to copy it would cost more than to keep it. */
const COPIED_BYTES_MAX = 4096;

/**
 * Some entries in a row that are seldom asked for. As objects, each with its data, all entries of a log
 * would be copied, and looked at over and over, by the collection of garbage; here they are a few columns.
 */
export class EntryPack {
  readonly #terms: Float64Array;
  readonly #kinds: Uint8Array;
  /** How many bytes of data each entry has, and all before it. */
  readonly #bytesTo: Float64Array;
  /** Where the data of each ends, of what is copied. */
  readonly #ends: Uint32Array;
  readonly #data: Uint8Array;
  /** Data that is not copied, by the place of its entry. */
  readonly #long = new Map<number, Uint8Array>();
  readonly first: Index;
  readonly last: Index;

  constructor(entries: readonly Entry[]) {
    const count = entries.length;
    this.first = present(entries[0], 'a pack has entries').index;
    this.last = this.first + count - 1;
    this.#terms = new Float64Array(count);
    this.#kinds = new Uint8Array(count);
    this.#bytesTo = new Float64Array(count);
    this.#ends = new Uint32Array(count);
    this.#note(entries);
    this.#data = new Uint8Array(this.#ends[count - 1] ?? 0);
    this.#copy(entries);
  }

  termAt(index: Index): Term {
    return present(this.#terms[index - this.first], 'the pack holds the entry');
  }

  /** Of the data of entries from one to another, both included. */
  bytesOf(from: Index, to: Index): number {
    const place = from - this.first;
    return (this.#bytesTo[to - this.first] ?? 0) - (place === 0 ? 0 : (this.#bytesTo[place - 1] ?? 0));
  }

  entryAt(index: Index): Entry {
    const place = index - this.first;
    const kind = present(KINDS[this.#kinds[place] ?? 0], 'an entry is of some kind');
    const data = this.#long.get(place) ?? this.#data.subarray(this.#startOf(place), this.#ends[place]);
    return { index, term: this.termAt(index), kind, data };
  }

  /** All but the data. */
  #note(entries: readonly Entry[]): void {
    let bytes = 0;
    let end = 0;
    for (let place = 0; place < entries.length; place++) {
      const { term, kind, data } = present(entries[place], 'a pack has no holes');
      bytes += data.length;
      if (data.length > COPIED_BYTES_MAX) this.#long.set(place, data);
      else end += data.length;
      this.#terms[place] = term;
      this.#kinds[place] = KINDS.indexOf(kind);
      this.#bytesTo[place] = bytes;
      this.#ends[place] = end;
    }
  }

  #copy(entries: readonly Entry[]): void {
    for (let place = 0; place < entries.length; place++) {
      const { data } = present(entries[place], 'a pack has no holes');
      if (data.length <= COPIED_BYTES_MAX) this.#data.set(data, this.#startOf(place));
    }
  }

  #startOf(place: number): number {
    return place === 0 ? 0 : (this.#ends[place - 1] ?? 0);
  }
}
