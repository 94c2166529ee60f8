import { assert, present } from '../base/assert.ts';
import type { Index, Term } from '../base/flavor.ts';
import type { Entry, Position } from './entry.ts';
import { EntryPack } from './entry-pack.ts';

/** How much of the log may be taken at once. */
export interface SliceLimits {
  readonly entriesMax: number;
  /** Of entry data; one entry may exceed it alone. */
  readonly bytesMax: number;
}

/**
 * The replicated log, in memory: every entry that is not compacted (Raft paper, section 5.3).
 *
 * `base` is the place before the first entry: index 0 for a whole log, otherwise the last entry that
 * the state already reflects and whose data is gone (Raft paper, section 7). Its term is kept, since
 * the first append behind it must still be checked against it. The log matching property rests on
 * two rules kept here: entries are contiguous, and terms never go down along the log.
 *
 * Entries that are settled are put together in packs, but for the last few. This class knows nothing
 * about the disk: `LogWriter` does.
 */
export class Log {
  readonly #packEntries: number;
  #base: Position;
  /** Of so many entries each, the first of them maybe compacted; empty before there is one. */
  #packs: EntryPack[] = [];
  /** Behind the packs. */
  #recent: Entry[] = [];
  #recentFrom: Index;
  #bytes = 0;

  /** @param packEntries - so many settled entries are put together */
  constructor(base: Position, entries: readonly Entry[], packEntries: number) {
    this.#packEntries = packEntries;
    this.#base = base;
    this.#recentFrom = base.index + 1;
    this.append(entries);
  }

  get base(): Position {
    return this.#base;
  }

  /** The entries from `base.index + 1` on, in order. */
  get entries(): readonly Entry[] {
    return this.#packs.length === 0 ? this.#recent : this.#between(this.#base.index + 1, this.lastIndex);
  }

  /** Of all entry data held. */
  get bytes(): number {
    return this.#bytes;
  }

  get last(): Position {
    const index = this.lastIndex;
    return { index, term: present(this.termAt(index), 'the log holds its last entry') };
  }

  get lastIndex(): Index {
    return this.#recentFrom + this.#recent.length - 1;
  }

  /** How many entries it holds. */
  get length(): number {
    return this.lastIndex - this.#base.index;
  }

  /** The term of the entry at `index`; undefined where the log does not reach, or reaches no more. */
  termAt(index: Index): Term | undefined {
    if (index >= this.#recentFrom) return this.#recent[index - this.#recentFrom]?.term;
    if (index > this.#base.index) return this.#packOf(index).termAt(index);
    return index === this.#base.index ? this.#base.term : undefined;
  }

  entryAt(index: Index): Entry | undefined {
    if (index >= this.#recentFrom) return this.#recent[index - this.#recentFrom];
    return index > this.#base.index ? this.#packOf(index).entryAt(index) : undefined;
  }

  has(position: Position): boolean {
    return this.termAt(position.index) === position.term;
  }

  append(entries: readonly Entry[]): void {
    let { index, term } = this.last;
    for (const entry of entries) {
      assert(entry.index === index + 1, 'entries are contiguous');
      assert(entry.term >= term, 'terms never go down along the log');
      ({ index, term } = entry);
      this.#recent.push(entry);
      this.#bytes += entry.data.length;
    }
  }

  /** Entries up to `to` are committed and done with: from here on they are seldom asked for. */
  settle(to: Index): void {
    assert(to <= this.lastIndex, 'what is settled is there');
    while (to - this.#recentFrom >= 2 * this.#packEntries) {
      this.#packs.push(new EntryPack(this.#recent.splice(0, this.#packEntries)));
      this.#recentFrom += this.#packEntries;
    }
  }

  /** Drops every entry from `index` on: a new leader has others there. */
  truncateFrom(index: Index): void {
    assert(index > this.#base.index, 'what is compacted is never truncated');
    assert(index >= this.#recentFrom, 'what is settled is never truncated');
    this.#bytes -= bytesOf(this.#recent.splice(index - this.#recentFrom));
  }

  /** Drops every entry up to `to`: the state reflects them. */
  compact(to: Index): void {
    const term = present(this.termAt(to), 'the log is compacted at an entry that it holds');
    this.#bytes -= this.#bytesFrom(this.#base.index + 1, to);
    this.#base = { index: to, term };
    this.#packs = this.#packs.filter(({ last }) => last > to);
    if (to < this.#recentFrom) return;
    this.#recent.splice(0, to + 1 - this.#recentFrom);
    this.#recentFrom = to + 1;
  }

  /** Starts anew behind `base`: a snapshot replaces everything before. */
  reset(base: Position): void {
    this.#base = base;
    this.#packs = [];
    this.#recent = [];
    this.#recentFrom = base.index + 1;
    this.#bytes = 0;
  }

  /** Entries from `from` to `to`, both included, or as many of the first ones as the limits let through. */
  slice(from: Index, to: Index, limits: SliceLimits): readonly Entry[] {
    assert(from > this.#base.index, 'a slice begins behind the base');
    const last = Math.min(to, from + limits.entriesMax - 1, this.lastIndex);
    let bytes = 0;
    let end = from;
    for (; end <= last; end++) {
      bytes += this.#bytesAt(end);
      if (bytes > limits.bytesMax && end > from) break;
    }
    return this.#between(from, end - 1);
  }

  #between(from: Index, to: Index): readonly Entry[] {
    const entries: Entry[] = [];
    for (let index = from; index <= to; index++)
      entries.push(present(this.entryAt(index), 'the log holds the entry'));
    return entries;
  }

  /** Of the data of an entry that it holds. */
  #bytesAt(index: Index): number {
    if (index < this.#recentFrom) return this.#packOf(index).bytesOf(index, index);
    return present(this.#recent[index - this.#recentFrom], 'the log holds the entry').data.length;
  }

  #bytesFrom(from: Index, to: Index): number {
    let bytes = 0;
    let index = from;
    while (index <= Math.min(to, this.#recentFrom - 1)) {
      const pack = this.#packOf(index);
      const end = Math.min(to, pack.last);
      bytes += pack.bytesOf(index, end);
      index = end + 1;
    }
    for (; index <= to; index++) bytes += this.#bytesAt(index);
    return bytes;
  }

  #packOf(index: Index): EntryPack {
    const from = this.#packs[0]?.first ?? this.#recentFrom;
    const place = Math.floor((index - from) / this.#packEntries);
    return present(this.#packs[place], 'what is settled is in a pack');
  }

  /** Whether a log that ends at `last` is at least as up to date as this one (Raft paper, section 5.4.1). */
  isNoNewerThan(last: Position): boolean {
    const own = this.last;
    return last.term > own.term || (last.term === own.term && last.index >= own.index);
  }

  /**
   * The highest place at or below `position` where a log that holds `position` could still agree with
   * this one: places whose term is above the other's cannot (end of section 5.3 of the Raft paper; it
   * skips a term a round instead of an entry). Below the base nothing is known: the place just under
   * it stands for that, with term 0.
   */
  lastAgreement(position: Position): Position {
    let index = Math.min(position.index, this.lastIndex);
    for (; index >= this.#base.index; index -= 1) {
      const term = present(this.termAt(index), 'the log holds the entry');
      if (term <= position.term) return { index, term };
    }
    return { index: Math.max(0, index), term: 0 };
  }
}

/** Of the entries' data. */
export function bytesOf(entries: readonly Entry[]): number {
  let bytes = 0;
  for (const entry of entries) bytes += entry.data.length;
  return bytes;
}
