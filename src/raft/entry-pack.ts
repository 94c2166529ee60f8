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
  readonly #first: Index;
  readonly #terms: Float64Array;
  readonly #kinds: Uint8Array;
  /** Where the data of each ends, of what is copied. */
  readonly #ends: Uint32Array;
  readonly #data: Uint8Array;
  /** Data that is not copied, by the place of its entry. */
  readonly #long = new Map<number, Uint8Array>();

  constructor(entries: readonly Entry[]) {
    this.#first = present(entries[0], 'a pack has entries').index;
    this.#terms = Float64Array.from(entries, ({ term }) => term);
    this.#kinds = Uint8Array.from(entries, ({ kind }) => KINDS.indexOf(kind));
    this.#ends = new Uint32Array(entries.length);
    let end = 0;
    for (const [place, { data }] of entries.entries()) {
      if (data.length > COPIED_BYTES_MAX) this.#long.set(place, data);
      else end += data.length;
      this.#ends[place] = end;
    }
    this.#data = new Uint8Array(end);
    for (const [place, { data }] of entries.entries()) {
      if (data.length <= COPIED_BYTES_MAX) this.#data.set(data, this.#startOf(place));
    }
  }

  termAt(index: Index): Term {
    return present(this.#terms[index - this.#first], 'the pack holds the entry');
  }

  /** Of the entry's data. */
  bytesAt(index: Index): number {
    const place = index - this.#first;
    return this.#long.get(place)?.length ?? (this.#ends[place] ?? 0) - this.#startOf(place);
  }

  entryAt(index: Index): Entry {
    const place = index - this.#first;
    const kind = present(KINDS[this.#kinds[place] ?? 0], 'an entry is of some kind');
    const data = this.#long.get(place) ?? this.#data.subarray(this.#startOf(place), this.#ends[place]);
    return { index, term: this.termAt(index), kind, data };
  }

  #startOf(place: number): number {
    return place === 0 ? 0 : (this.#ends[place - 1] ?? 0);
  }
}
