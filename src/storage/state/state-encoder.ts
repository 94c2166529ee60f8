import type { Codec } from '../../base/codec.ts';
import { present } from '../../base/assert.ts';
import type { RecordChange, RecordEntry } from '../../machine/records.ts';
import type { Position } from '../../raft/entry.ts';
import { StateChecksum } from './state-checksum.ts';
import { openValue, sealValue } from './state-value.ts';

/** The database was read, and is not what was written. */
export class DamagedStateError extends Error {
  override readonly name: string = 'DamagedStateError';
}

/** What a batch leaves behind, stored with it. */
export interface StateMark {
  readonly applied: Position;
  readonly count: number;
  readonly sum: number;
}

export type Operation =
  | { readonly type: 'put'; readonly key: string; readonly value: Uint8Array }
  | { readonly type: 'del'; readonly key: string };

const VERSION = 1;
const RECORD_PREFIX = 'r';
export const MARK_KEY = 'm';

/**
 * Records to what LevelDB stores, and back: records under `r` and their key, and under `m` the mark
 * of the last batch, by which a loss shows. What is encoded must be written in that order.
 */
export class StateEncoder {
  readonly #codec: Codec;
  readonly #checksum: StateChecksum = new StateChecksum();

  constructor(codec: Codec) {
    this.#codec = codec;
  }

  encode({ key, value }: RecordChange): Operation {
    return this.seal(key, value === undefined ? undefined : this.#codec.encode(value));
  }

  /** A value that the codec has encoded; undefined takes the record away. */
  seal(recordKey: string, encoded: Uint8Array | undefined): Operation {
    const key = RECORD_PREFIX + recordKey;
    if (encoded === undefined) {
      this.#checksum.delete(key);
      return { type: 'del', key };
    }
    const { stored, checksum } = sealValue(key, encoded);
    this.#checksum.put(key, checksum);
    return { type: 'put', key, value: stored };
  }

  /** Of all that was encoded so far. */
  mark(applied: Position): StateMark {
    const { count, sum } = this.#checksum;
    return { applied, count, sum };
  }

  encodeMark({ applied, count, sum }: StateMark): Operation {
    const fields = [VERSION, applied.index, applied.term, count, sum];
    return { type: 'put', key: MARK_KEY, value: sealValue(MARK_KEY, this.#codec.encode(fields)).stored };
  }

  /** Takes in a record that was stored. @throws DamagedStateError */
  decode(key: string, stored: Uint8Array): RecordEntry<unknown> {
    const opened = key.startsWith(RECORD_PREFIX) ? openValue(key, stored) : undefined;
    if (opened === undefined) {
      throw new DamagedStateError(`the record ${JSON.stringify(key)} is not what was stored`);
    }
    this.#checksum.put(key, opened.checksum);
    return [key.slice(RECORD_PREFIX.length), this.#codec.decode(opened.value)];
  }

  /** The mark, which must fit all the records that were decoded. @throws DamagedStateError */
  decodeMark(stored: Uint8Array | undefined): StateMark {
    if (stored === undefined) throw new DamagedStateError('the mark of the last batch is missing');
    const opened = openValue(MARK_KEY, stored);
    if (opened === undefined)
      throw new DamagedStateError('the mark of the last batch is not what was stored');
    const fields = this.#codec.decode(opened.value) as number[];
    if (fields[0] !== VERSION) throw new DamagedStateError(`format ${fields[0]} is of another release`);
    const field = (at: number): number => present(fields[at], 'a sound mark has all its fields');
    const mark = { applied: { index: field(1), term: field(2) }, count: field(3), sum: field(4) };
    const { count, sum } = this.#checksum;
    if (mark.count !== count || mark.sum !== sum) {
      throw new DamagedStateError(
        `${mark.count} records were stored; the ${count} that are there are not those`,
      );
    }
    return mark;
  }
}
