/** Changes of records as a space would tell them, for tests of what stores them. */
import type { RecordTree } from '../../src/machine/record-tree.ts';
import type { Packing } from '../../src/machine/record-packer.ts';
import type { RecordChange, RecordEntry, StoredMark } from '../../src/machine/records.ts';
import { sizeOf } from '../../src/machine/size-of.ts';
import type { StagedChange } from '../../src/replica/output.ts';
import { msgpackCodec } from '../../src/wire/msgpack-codec.ts';

export const PACKING: Packing = { codec: msgpackCodec, openRecordsMax: 8 };

/** The records of one state: each keeps the mark that its storage put on it. */
export class StoredRecords {
  readonly #marks = new Map<string, StoredMark>();

  /** Undefined stands for a deletion. */
  change(key: string, value: unknown): RecordChange {
    const bytes = typeof value === 'number' ? sizeOf(value) : 1;
    return { key, value, encoded: undefined, bytes, mark: this.#markOf(key) };
  }

  staged(key: string, value: unknown): StagedChange {
    const encoded = value === undefined ? undefined : msgpackCodec.encode(value);
    return { key, encoded, bytes: value === undefined ? 0 : sizeOf(value), mark: this.#markOf(key) };
  }

  #markOf(key: string): StoredMark {
    const known = this.#marks.get(key);
    if (known !== undefined) return known;
    const mark = { storedMark: 0 };
    this.#marks.set(key, mark);
    return mark;
  }
}

/** All records, in order. */
export function recordsOf(tree: RecordTree): readonly RecordEntry<unknown>[] {
  return [...tree.range('', undefined)];
}
