/**
 * The ordered space that every machine reads and writes: binary strings (one character per byte)
 * to plain values, ordered by byte.
 */

export interface RangeOptions {
  /** At most this many records. */
  readonly limit?: number;
  /** From the end to the start. */
  readonly reverse?: boolean;
}

export type RecordEntry<T> = readonly [key: string, value: T];

export interface ReadRecords {
  get<T>(key: string): T | undefined;
  /** Records with `from <= key`, and `key < to` unless `to` is undefined. The space must not change while it is walked. */
  range<T>(from: string, to: string | undefined, options?: RangeOptions): Iterable<RecordEntry<T>>;
}

export interface Records extends ReadRecords {
  put(key: string, value: unknown): void;
  /** Whether there was such a record. */
  delete(key: string): boolean;
}

/** What a storage notes of a record, for itself; 0 at first. It stays with the record for as long as there is one. */
export interface StoredMark {
  storedMark: number;
}

/** One change of the space. A record is there as a value, or as the codec wrote it; without either, it is deleted. */
export interface RecordChange {
  readonly key: string;
  readonly value: unknown;
  readonly encoded: Uint8Array | undefined;
  /** About what the value takes when stored. */
  readonly bytes: number;
  readonly mark: StoredMark;
}

/** Some changes, each key once. They stay as they are while the space goes on changing, and may be walked later. */
export interface RecordChanges extends Iterable<RecordChange> {
  readonly length: number;
}

/** The first string behind every string that starts with `prefix`; undefined if there is none. */
export function prefixEnd(prefix: string): string | undefined {
  for (let at = prefix.length - 1; at >= 0; at--) {
    const code = prefix.charCodeAt(at);
    if (code < 0xff) return prefix.slice(0, at) + String.fromCharCode(code + 1);
  }
  return undefined;
}
