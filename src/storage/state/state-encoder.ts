import type { Codec } from '../../base/codec.ts';
import type { RecordChange, StoredMark } from '../../machine/records.ts';
import type { Position } from '../../raft/entry.ts';
import { StateChecksum } from './state-checksum.ts';
import { sealValue } from './state-value.ts';

/** What a batch leaves behind, stored with it. */
export interface StateMark {
  readonly applied: Position;
  readonly count: number;
  readonly sum: number;
}

export type Operation =
  | { readonly type: 'put'; readonly key: string; readonly value: Uint8Array }
  | { readonly type: 'del'; readonly key: string };

export const STATE_FORMAT = 2;
export const RECORD_PREFIX = 'r';
export const MARK_KEY = 'm';

/**
 * Records to what LevelDB stores: records under `r` and their key, and under `m` the mark of the last
 * batch, by which a loss shows. What is encoded must be written in that order; it may be encoded again.
 */
export class StateEncoder {
  readonly #codec: Codec;
  readonly #checksum: StateChecksum;

  /** @param checksum - of what is there already */
  constructor(codec: Codec, checksum: StateChecksum = new StateChecksum()) {
    this.#codec = codec;
    this.#checksum = checksum;
  }

  encode({ key, value, encoded, bytes, mark }: RecordChange): Operation {
    return this.seal(key, value === undefined ? encoded : this.#codec.encode(value), bytes, mark);
  }

  /** A value that the codec has encoded; undefined takes the record away. */
  seal(recordKey: string, encoded: Uint8Array | undefined, bytes: number, mark: StoredMark): Operation {
    const key = RECORD_PREFIX + recordKey;
    if (encoded === undefined) {
      this.#checksum.delete(mark);
      return { type: 'del', key };
    }
    const { stored, checksum } = sealValue(key, encoded, bytes);
    this.#checksum.put(mark, checksum);
    return { type: 'put', key, value: stored };
  }

  /** Of all that was encoded so far. */
  mark(applied: Position): StateMark {
    const { count, sum } = this.#checksum;
    return { applied, count, sum };
  }

  encodeMark({ applied, count, sum }: StateMark): Operation {
    const fields = [STATE_FORMAT, applied.index, applied.term, count, sum];
    const { stored } = sealValue(MARK_KEY, this.#codec.encode(fields), 0);
    return { type: 'put', key: MARK_KEY, value: stored };
  }
}
