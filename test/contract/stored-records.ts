/** Changes of records as a space would tell them, for tests of what stores them. */
import { allOf } from '../../src/base/byte-range.ts';
import type { RecordTree } from '../../src/machine/record-tree.ts';
import type { Packing } from '../../src/machine/record-packer.ts';
import type { HeldChanges, RecordChange, RecordEntry } from '../../src/machine/records.ts';
import { sizeOf } from '../../src/machine/size-of.ts';
import { stampOf } from '../../src/machine/stamp.ts';
import type { StagedChange } from '../../src/replica/output.ts';
import { msgpackCodec } from '../../src/wire/msgpack-codec.ts';

export const PACKING: Packing = { codec: msgpackCodec, openRecordsMax: 8 };

/** The records of one state: it remembers the stamp of each. */
export class StoredRecords {
  readonly #stamps = new Map<string, number>();
  #changes = 0;

  /** Undefined stands for a deletion. */
  change(key: string, value: unknown): RecordChange {
    const bytes = typeof value === 'number' || value instanceof Uint8Array ? sizeOf(value) : 1;
    const slash = key.indexOf('/');
    const keyBytes = allOf(new Uint8Array(Buffer.from(key.slice(slash + 1), 'latin1')));
    const change = { space: key.slice(0, slash), key, keyBytes, value, bytes };
    return {
      ...change,
      ...this.#stamp(key, value),
      encoded: (codec) => allOf(codec.encode(value)),
    };
  }

  staged(key: string, value: unknown): StagedChange {
    const encoded = value === undefined ? undefined : msgpackCodec.encode(value);
    const bytes = value === undefined ? 0 : sizeOf(value);
    return { key, encoded, bytes, ...this.#stamp(key, value) };
  }

  #stamp(key: string, value: unknown): Pick<RecordChange, 'stamp' | 'stampBefore'> {
    const stampBefore = this.#stamps.get(key) ?? 0;
    const stamp = value === undefined ? 0 : stampOf(1, ++this.#changes);
    this.#stamps.set(key, stamp);
    return { stamp, stampBefore };
  }
}

/** As they are taken from a tree. */
export function held(...changes: readonly RecordChange[]): HeldChanges {
  return Object.assign([...changes], { close: () => undefined });
}

/** All records, in order. */
export function recordsOf(tree: RecordTree): readonly RecordEntry<unknown>[] {
  return [...tree.range('', undefined)];
}
