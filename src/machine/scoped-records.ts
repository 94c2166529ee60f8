import { isBinary } from './binary-string.ts';
import { PlainnessError } from './plainness-error.ts';
import { prefixEnd } from './records.ts';
import type { RangeOptions, ReadRecords, RecordEntry, Records } from './records.ts';

/** The part of a space behind a prefix, as a space of its own: all a machine can see. */
export class ScopedReadRecords implements ReadRecords {
  readonly #records: ReadRecords;
  readonly #prefix: string;
  readonly #end: string | undefined;

  constructor(records: ReadRecords, prefix: string) {
    this.#records = records;
    this.#prefix = prefix;
    this.#end = prefixEnd(prefix);
  }

  get<T>(key: string): T | undefined {
    return this.#records.get(this.#prefix + key);
  }

  *range<T>(
    from: string,
    to: string | undefined,
    options: RangeOptions = {},
  ): Generator<RecordEntry<T>, void, undefined> {
    const end = to === undefined ? this.#end : this.#prefix + to;
    const start = this.#prefix.length;
    for (const [key, value] of this.#records.range<T>(this.#prefix + from, end, options)) {
      yield [key.slice(start), value];
    }
  }
}

/** The same, to write as well. */
export class ScopedRecords implements Records {
  readonly #records: Records;
  readonly #prefix: string;
  readonly #read: ScopedReadRecords;

  constructor(records: Records, prefix: string) {
    this.#records = records;
    this.#prefix = prefix;
    this.#read = new ScopedReadRecords(records, prefix);
  }

  get<T>(key: string): T | undefined {
    return this.#records.get(this.#prefix + key);
  }

  range<T>(from: string, to: string | undefined, options?: RangeOptions): Iterable<RecordEntry<T>> {
    return this.#read.range(from, to, options);
  }

  /** @throws PlainnessError if the key is no binary string or the value is not plain */
  put(key: string, value: unknown): void {
    if (!isBinary(key)) throw new PlainnessError('a record key holds a character above one byte');
    this.#records.put(this.#prefix + key, value);
  }

  delete(key: string): boolean {
    return this.#records.delete(this.#prefix + key);
  }
}

/** A machine's own space within that of all: its records live under `name/`. */
export function scoped(records: Records, machine: string): Records {
  return new ScopedRecords(records, `${machine}/`);
}

/** The same, to read only. */
export function scopedRead(records: ReadRecords, machine: string): ReadRecords {
  return new ScopedReadRecords(records, `${machine}/`);
}
