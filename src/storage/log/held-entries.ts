import { assert } from '../../base/assert.ts';
import type { Index, Term } from '../../base/flavor.ts';
import type { Entry } from '../../raft/entry.ts';

/** The entries of a log while it is read, with a gap wherever something could not be read. */
export class HeldEntries {
  #base: Index;
  #slots: (Entry | undefined)[] = [];

  /** @param base the place before the first */
  constructor(base: Index) {
    this.#base = base;
  }

  get base(): Index {
    return this.#base;
  }

  get lastIndex(): Index {
    return this.#base + this.#slots.length;
  }

  append(entry: Entry): void {
    assert(entry.index === this.lastIndex + 1, 'entries follow each other');
    this.#slots.push(entry);
  }

  /** Puts an entry into its place among the others. */
  place(entry: Entry): void {
    const at = entry.index - this.#base - 1;
    assert(at >= 0 && at < this.#slots.length, 'a gap lies within the log');
    this.#slots[at] = entry;
  }

  truncateFrom(index: Index): void {
    this.#slots.length = Math.min(this.#slots.length, Math.max(0, index - this.#base - 1));
  }

  dropTo(index: Index): void {
    if (index <= this.#base) return;
    this.#slots.splice(0, index - this.#base);
    this.#base = index;
  }

  reset(base: Index): void {
    this.#base = base;
    this.#slots = [];
  }

  /** Something in between could not be read: what is kept is what agrees with the log as it was behind it. */
  skipTo(lastIndex: Index, termAt: (index: Index) => Term | undefined): void {
    this.truncateFrom(lastIndex + 1);
    for (const [at, entry] of this.#slots.entries()) {
      if (entry !== undefined && termAt(entry.index) !== entry.term) this.#slots[at] = undefined;
    }
    while (this.lastIndex < lastIndex) this.#slots.push(undefined);
  }

  /** The first index that lacks; undefined if none does. */
  get firstGap(): Index | undefined {
    const gap = this.#slots.indexOf(undefined);
    return gap < 0 ? undefined : this.#base + gap + 1;
  }

  /** The entries before the first gap, and those behind it. */
  split(): { readonly entries: readonly Entry[]; readonly beyond: readonly Entry[] | undefined } {
    const gap = this.#slots.indexOf(undefined);
    if (gap < 0) return { entries: present(this.#slots), beyond: undefined };
    return { entries: present(this.#slots.slice(0, gap)), beyond: present(this.#slots.slice(gap)) };
  }
}

function present(slots: readonly (Entry | undefined)[]): readonly Entry[] {
  return slots.filter((entry) => entry !== undefined);
}
