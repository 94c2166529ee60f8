/**
 * The ordered space that every machine reads and writes: binary strings (one character per byte)
 * to plain values, ordered by byte.
 */

import type { ByteRange } from '../base/byte-range.ts';
import type { Codec } from '../base/codec.ts';

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

/** One change of the space: `value` is undefined for a deletion. */
export interface RecordChange {
  /** Of its machine. */
  readonly space: string;
  /** With the name of the space: `space/key`. */
  readonly key: string;
  /** Without it. Only until the changes are closed. */
  readonly keyBytes: ByteRange;
  readonly value: unknown;
  /** About what the value takes when stored. */
  readonly bytes: number;
  /**
   * A number that tells what is stored under the key from all that was stored there before: above 0,
   * below 2^31; 0 stands for nothing. Of this change…
   */
  readonly stamp: number;
  /** …and of what it takes the place of. */
  readonly stampBefore: number;
  /** The value as the codec writes it; not of a deletion. Only until the changes are closed, and not to be changed. */
  encoded(codec: Codec): ByteRange;
}

/** Some changes, each key once. */
export interface RecordChanges extends Iterable<RecordChange> {
  readonly length: number;
  /**
   * All records were among the changes since the last round began: what was stored before that is not
   * needed any more. Where there are rounds, records are among them that did not change.
   */
  readonly beginsRound?: boolean;
}

/** They stay as they are while the space goes on changing, at the cost of memory, until they are closed. */
export interface HeldChanges extends RecordChanges {
  close(): void;
}

/** The first string behind every string that starts with `prefix`; undefined if there is none. */
export function prefixEnd(prefix: string): string | undefined {
  for (let at = prefix.length - 1; at >= 0; at--) {
    const code = prefix.charCodeAt(at);
    if (code < 0xff) return prefix.slice(0, at) + String.fromCharCode(code + 1);
  }
  return undefined;
}
