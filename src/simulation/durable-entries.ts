import { assert } from '../base/assert.ts';
import type { Index, Term } from '../base/flavor.ts';
import type { Entry, HardState, Position } from '../raft/entry.ts';
import type { LogWrite } from '../raft/ready.ts';
import type { DamagedLog } from '../raft/repair.ts';
import type { LogContents } from '../storage/log-storage.ts';

/** What a log holds for sure, record by record: a model of the one on disk, much simpler than that. */
export class DurableEntries {
  hardState: HardState = { term: 0, vote: undefined };
  base: Position = { index: 0, term: 0 };
  #entries: Entry[] = [];
  /** Behind a gap that damage left: they count once it is filled. */
  readonly #beyond = new Map<Index, Entry>();
  /** What it held before the damage, until it is whole again or holds something else. */
  #before: Pick<DamagedLog, 'anchor' | 'terms'> | undefined;

  get lastIndex(): Index {
    return this.base.index + this.#entries.length;
  }

  get entries(): readonly Entry[] {
    return this.#entries;
  }

  termAt(index: Index): Term | undefined {
    return index === this.base.index ? this.base.term : this.#entries[index - this.base.index - 1]?.term;
  }

  /** Whether it holds this entry, or knows that it did until that was damaged. */
  knows({ index, term }: Position): boolean {
    if (index <= this.lastIndex || this.#before === undefined) return this.termAt(index) === term;
    const { anchor, terms } = this.#before;
    return index <= anchor.index && terms.findLast((start) => start.index <= index)?.term === term;
  }

  /** As the log itself tells it. */
  replace({ hardState, base, entries, damage }: LogContents): void {
    this.hardState = hardState;
    this.base = base;
    this.#entries = [...entries];
    this.#voidBeyond();
    this.#before = damage;
    for (const entry of damage?.beyond ?? []) this.#beyond.set(entry.index, entry);
  }

  reset(base: Position, { fills }: { readonly fills: boolean }): void {
    if (!fills) this.#voidBeyond();
    this.base = base;
    this.#entries = [];
    this.#join();
  }

  /** Takes over the first so many records of a write, in the order of its fields. */
  apply(write: LogWrite, records: number, segmentEntries: number): void {
    let left = records;
    if (write.hardState !== undefined && left-- > 0) this.hardState = write.hardState;
    if (write.reset !== undefined && left-- > 0) this.reset(write.reset, { fills: write.fills === true });
    if (write.truncateFrom !== undefined && left-- > 0) this.#truncateFrom(write.truncateFrom);
    if (left < 0) return;
    for (const entry of write.entries) {
      if (left-- <= 0) return;
      this.#append(entry, { fills: write.fills === true });
    }
    this.#join();
    if (write.compactTo !== undefined && left > 0) this.#compact(write.compactTo, segmentEntries);
  }

  /** As in a log of records: an entry takes the place of what is at its index and behind it. */
  #append(entry: Entry, { fills }: { readonly fills: boolean }): void {
    if (fills && entry.index > this.lastIndex + 1) {
      this.#beyond.set(entry.index, entry);
      return;
    }
    const at = entry.index - this.base.index - 1;
    assert(at >= 0 && at <= this.#entries.length, 'entries on disk have no gap');
    if (!fills) this.#voidBeyond();
    if (fills && at < this.#entries.length) return;
    this.#entries.length = at;
    this.#entries.push(entry);
  }

  #truncateFrom(index: Index): void {
    this.#entries.length = Math.min(this.#entries.length, Math.max(0, index - this.base.index - 1));
    for (const beyond of this.#beyond.keys()) if (beyond >= index) this.#beyond.delete(beyond);
    this.#before = undefined;
  }

  #voidBeyond(): void {
    this.#beyond.clear();
    this.#before = undefined;
  }

  /** A gap may be filled now. */
  #join(): void {
    if (this.#beyond.size === 0) return;
    for (const index of this.#beyond.keys()) if (index <= this.lastIndex) this.#beyond.delete(index);
    for (let next = this.#next(); next !== undefined; next = this.#next()) {
      this.#beyond.delete(next.index);
      this.#entries.push(next);
    }
  }

  #next(): Entry | undefined {
    return this.#beyond.get(this.lastIndex + 1);
  }

  #compact(to: Index, segmentEntries: number): void {
    const count = to - this.base.index;
    if (count < segmentEntries) return;
    const term = this.termAt(to);
    assert(term !== undefined, 'only what is in the log is compacted');
    this.#entries.splice(0, count);
    this.base = { index: to, term };
  }
}
