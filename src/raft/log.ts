import { assert, present } from '../base/assert.ts';
import type { Index, Term } from '../base/flavor.ts';
import type { Entry, Position } from './entry.ts';

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
 * This class knows nothing about the disk: `LogWriter` does.
 */
export class Log {
  #base: Position;
  #entries: Entry[];
  #bytes: number;

  constructor(base: Position, entries: readonly Entry[]) {
    this.#base = base;
    this.#entries = [];
    this.#bytes = 0;
    this.append(entries);
  }

  get base(): Position {
    return this.#base;
  }

  /** The entries from `base.index + 1` on, in order. */
  get entries(): readonly Entry[] {
    return this.#entries;
  }

  /** Of all entry data held. */
  get bytes(): number {
    return this.#bytes;
  }

  get last(): Position {
    const last = this.#entries.at(-1);
    return last === undefined ? this.#base : { index: last.index, term: last.term };
  }

  get lastIndex(): Index {
    return this.#base.index + this.#entries.length;
  }

  /** The term of the entry at `index`; undefined where the log does not reach, or reaches no more. */
  termAt(index: Index): Term | undefined {
    if (index === this.#base.index) return this.#base.term;
    return this.#entries[index - this.#base.index - 1]?.term;
  }

  entryAt(index: Index): Entry | undefined {
    return this.#entries[index - this.#base.index - 1];
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
      this.#entries.push(entry);
      this.#bytes += entry.data.length;
    }
  }

  /** Drops every entry from `index` on: a new leader has others there. */
  truncateFrom(index: Index): void {
    assert(index > this.#base.index, 'what is compacted is never truncated');
    this.#bytes -= bytesOf(this.#entries.splice(index - this.#base.index - 1));
  }

  /** Drops every entry up to `to`: the state reflects them. */
  compact(to: Index): void {
    const term = present(this.termAt(to), 'the log is compacted at an entry that it holds');
    this.#bytes -= bytesOf(this.#entries.splice(0, to - this.#base.index));
    this.#base = { index: to, term };
  }

  /** Starts anew behind `base`: a snapshot replaces everything before. */
  reset(base: Position): void {
    this.#base = base;
    this.#entries = [];
    this.#bytes = 0;
  }

  /** Entries from `from` to `to`, both included, or as many of the first ones as the limits let through. */
  slice(from: Index, to: Index, limits: SliceLimits): readonly Entry[] {
    assert(from > this.#base.index, 'a slice begins behind the base');
    const start = from - this.#base.index - 1;
    const endMax = Math.min(to - this.#base.index, start + limits.entriesMax, this.#entries.length);
    let bytes = 0;
    let end = start;
    while (end < endMax) {
      bytes += present(this.#entries[end], 'the log holds the entry').data.length;
      if (bytes > limits.bytesMax && end > start) break;
      end += 1;
    }
    return this.#entries.slice(start, end);
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
