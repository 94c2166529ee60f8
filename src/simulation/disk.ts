/**
 * A node's disk: what was written and not yet synced can be lost in a crash, in whole or in part;
 * what was synced cannot. The log and the state are modelled as the real ones recover them.
 */
import { assert } from '../base/assert.ts';
import type { Codec } from '../base/codec.ts';
import type { Index, Term } from '../base/flavor.ts';
import type { Random } from '../base/random.ts';
import type { Configuration } from '../raft/configuration.ts';
import type { Entry, HardState, Position } from '../raft/entry.ts';
import type { LogWrite } from '../raft/ready.ts';
import { fit } from '../node/restore.ts';
import type { Restored } from '../replica/restored.ts';
import type { RecordEntry } from '../machine/records.ts';
import type { Marks } from './marks.ts';
import type { DurableLog } from './properties/property.ts';
import { StateDisk } from './state-disk.ts';

const ORIGIN: Position = { index: 0, term: 0 };

export class SimulatedDisk implements DurableLog {
  hardState: HardState = { term: 0, vote: undefined };
  base: Position = ORIGIN;
  readonly state: StateDisk = new StateDisk();
  readonly #segmentEntries: number;
  #entries: Entry[] = [];
  /** Written, not yet on stable storage. */
  #pending: LogWrite[] = [];
  /** Stored values, and what the codec made of them. */
  readonly #read = new WeakMap<object, object>();

  /** @param segmentEntries compacted entries are only forgotten by so many at once */
  constructor(segmentEntries: number) {
    this.#segmentEntries = segmentEntries;
  }

  get lastIndex(): Index {
    return this.base.index + this.#entries.length;
  }

  get stateIndex(): Index {
    return this.state.syncedIndex;
  }

  termAt(index: Index): Term | undefined {
    return index === this.base.index ? this.base.term : this.#entries[index - this.base.index - 1]?.term;
  }

  /** The write is on its way; `complete` tells when it got there. */
  begin(write: LogWrite): void {
    this.#pending.push(write);
  }

  /** The oldest write on its way is on stable storage. */
  complete(): LogWrite {
    const write = this.#pending.shift();
    assert(write !== undefined, 'a write completes once');
    this.#apply(write, Number.POSITIVE_INFINITY);
    return write;
  }

  /**
   * The node loses its memory, and of what was on its way to the disk a part. Of the log that is a
   * beginning: some whole writes, and then some records of the next one.
   */
  crash(random: Random, keepChance: number, marks: Marks): void {
    const keepsAll = random.chance(keepChance);
    const whole = keepsAll ? this.#pending.length : random.integer(0, this.#pending.length);
    for (const write of this.#pending.slice(0, whole)) this.#apply(write, Number.POSITIVE_INFINITY);
    const torn = this.#pending[whole];
    if (torn !== undefined) {
      const records = random.integer(0, 3 + torn.entries.length);
      if (records > 0) marks.count('write torn in a crash');
      else marks.count('write lost in a crash');
      this.#apply(torn, records);
    }
    this.#pending = [];
    this.state.crash(random, keepsAll, marks);
  }

  /** What a node finds when it starts. All of it passes through the codec, as it does on a real disk. */
  recover(codec: Codec, configuration: Configuration): Restored {
    const { applied } = this.state;
    // A state ahead of the log, or of another history, comes from a snapshot whose log write was lost.
    const fitting = fit({ hardState: this.hardState, base: this.base, entries: this.#entries }, applied);
    if (fitting.kind === 'reset') {
      this.hardState = fitting.hardState;
      this.base = applied;
      this.#entries = [];
    }
    const entries = this.#entries.map((entry) => ({ ...entry, data: entry.data.slice() }));
    const records = this.state
      .records()
      .map(([key, value]): RecordEntry<unknown> => [key, this.#reread(codec, value)]);
    return { hardState: this.hardState, base: this.base, entries, records, applied, configuration };
  }

  /** What comes back from the disk, which is not the same object. A value that was read before is not read again. */
  #reread(codec: Codec, value: unknown): unknown {
    if (typeof value !== 'object' || value === null) return codec.decode(codec.encode(value));
    const known = this.#read.get(value);
    if (known !== undefined) return known;
    const fresh = codec.decode(codec.encode(value)) as object;
    this.#read.set(value, fresh);
    this.#read.set(fresh, fresh);
    return fresh;
  }

  /** Takes over the first so many records of a write, in the order of its fields. */
  #apply(write: LogWrite, records: number): void {
    let left = records;
    if (write.hardState !== undefined && left-- > 0) this.hardState = write.hardState;
    if (write.reset !== undefined && left-- > 0) {
      this.base = write.reset;
      this.#entries = [];
    }
    if (write.truncateFrom !== undefined && left-- > 0) {
      this.#entries.length = Math.min(
        this.#entries.length,
        Math.max(0, write.truncateFrom - this.base.index - 1),
      );
    }
    if (left < 0) return;
    for (const entry of write.entries) {
      if (left-- <= 0) return;
      this.#append(entry);
    }
    if (write.compactTo !== undefined && left > 0) this.#compact(write.compactTo);
  }

  /** As in a log of records: an entry takes the place of what is at its index and behind it. */
  #append(entry: Entry): void {
    const at = entry.index - this.base.index - 1;
    assert(at >= 0 && at <= this.#entries.length, 'entries on disk have no gap');
    this.#entries.length = at;
    this.#entries.push(entry);
  }

  #compact(to: Index): void {
    const count = to - this.base.index;
    if (count < this.#segmentEntries) return;
    const term = this.termAt(to);
    assert(term !== undefined, 'only what is in the log is compacted');
    this.#entries.splice(0, count);
    this.base = { index: to, term };
  }
}
