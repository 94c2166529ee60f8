import { assert } from '../base/assert.ts';
import type { Codec } from '../base/codec.ts';
import type { Digest } from '../base/digest.ts';
import type { RecordView } from '../machine/record-tree.ts';
import {
  type DigestedRange,
  digestRange,
  type EncodedRecord,
  encodeRecords,
  equalBytes,
  isBeyond,
  keyBehind,
  type StateSize,
} from './snapshot-chunk.ts';

export interface RangeReaderOptions {
  readonly view: RecordView;
  readonly codec: Codec;
  readonly digest: Digest;
  readonly chunkBytes: number;
}

export interface ReadRange {
  readonly range: DigestedRange;
  /** Its records, encoded. */
  readonly data: Uint8Array;
  /** The follower holds it just so. */
  readonly isHeld: boolean;
}

/**
 * Cuts a state into ranges, from its first key to its last. Where the follower holds ranges already
 * the cuts are made at theirs, so that the two can be compared; else where a range is full.
 */
export class RangeReader {
  readonly #options: RangeReaderOptions;
  #records: Iterator<EncodedRecord>;
  #ahead: IteratorResult<EncodedRecord>;
  #after = '';
  #atEnd = false;
  /** Ranges of the follower, of which none ends at or before `#after`. */
  #held: readonly DigestedRange[] = [];
  /** It holds others behind them. */
  #holdsMore = false;
  #read: StateSize = { records: 0, bytes: 0 };

  constructor(options: RangeReaderOptions) {
    this.#options = options;
    this.#records = options.view.encoded(keyBehind(''), options.codec);
    this.#ahead = this.#records.next();
  }

  /** The last range was read. */
  get atEnd(): boolean {
    return this.#atEnd;
  }

  /** What was read so far. */
  get read(): StateSize {
    return this.#read;
  }

  /** The follower holds ranges here that it has not told yet. */
  get isBeyondHeld(): boolean {
    return this.#holdsMore && this.#held.length === 0;
  }

  /** Ranges that the follower holds behind what it has taken; `holdsMore` if there are others behind them. */
  heldBehind(held: readonly DigestedRange[], holdsMore: boolean): void {
    this.#held = held.filter((range) => !this.#isBehindUs(range));
    this.#holdsMore = holdsMore;
  }

  next(): ReadRange {
    assert(!this.#atEnd, 'a state ends once');
    const aligned = this.#held.find(({ after }) => after === this.#after);
    const cut = this.#nextCut();
    const records = this.#take(cut, aligned === undefined ? 1 : 2);
    const isEnd = this.#ahead.done === true;
    const upTo = isEnd ? undefined : this.#upTo(cut, records);
    const bounds = { after: this.#after, upTo };
    const { codec, digest } = this.#options;
    const data = encodeRecords(codec, records);
    const range = { ...bounds, digest: digestRange(codec, digest, bounds, data) };
    const isHeld = aligned !== undefined && aligned.upTo === upTo && equalBytes(aligned.digest, range.digest);
    this.#atEnd = isEnd;
    this.#after = upTo ?? this.#after;
    this.#held = this.#held.filter((each) => !this.#isBehindUs(each));
    this.#read = { records: this.#read.records + records.length, bytes: this.#read.bytes + data.length };
    return { range, data, isHeld };
  }

  /** Where one of the follower's ranges begins or ends next. */
  #nextCut(): string | undefined {
    const next = this.#held[0];
    return next !== undefined && next.after > this.#after ? next.after : next?.upTo;
  }

  /** Records up to the cut, or until they are enough: a range that has grown may be larger, or its end would be lost. */
  #take(cut: string | undefined, times: number): readonly EncodedRecord[] {
    const { chunkBytes } = this.#options;
    const records: EncodedRecord[] = [];
    let bytes = 0;
    while (this.#ahead.done !== true && bytes < chunkBytes * times) {
      const [key, encoded] = this.#ahead.value;
      if (isBeyond(key, { after: '', upTo: cut })) break;
      records.push(this.#ahead.value);
      bytes += key.length + encoded.length;
      this.#ahead = this.#records.next();
    }
    return records;
  }

  #upTo(cut: string | undefined, records: readonly EncodedRecord[]): string {
    const next = this.#ahead.done === true ? undefined : this.#ahead.value[0];
    if (cut !== undefined && next !== undefined && next > cut) return cut;
    const last = records.at(-1);
    assert(last !== undefined, 'a range that is not cut holds a record');
    return last[0];
  }

  #isBehindUs({ upTo }: DigestedRange): boolean {
    return upTo !== undefined && upTo <= this.#after;
  }
}
