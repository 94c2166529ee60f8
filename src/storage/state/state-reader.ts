import type { Codec } from '../../base/codec.ts';
import { present } from '../../base/assert.ts';
import type { RecordSpace } from '../../machine/record-space.ts';
import type { RecordTree } from '../../machine/record-tree.ts';
import { markFor, StateChecksum } from './state-checksum.ts';
import { MARK_KEY, RECORD_PREFIX, STATE_FORMAT, type StateMark } from './state-encoder.ts';
import { openValue } from './state-value.ts';

/** The database was read, and is not what was written. */
export class DamagedStateError extends Error {
  override readonly name: string = 'DamagedStateError';
}

const SLASH = 0x2f;
const PREFIX_BYTE = RECORD_PREFIX.charCodeAt(0);
const MARK = Buffer.from(MARK_KEY);

/** What LevelDB stores, back to records: all of it is read once, in the order of its keys, and checked. */
export class StateReader {
  readonly checksum: StateChecksum = new StateChecksum();
  readonly #codec: Codec;
  readonly #tree: RecordTree | undefined;
  #stored: Uint8Array | undefined;
  /** Records of one space follow each other. */
  #space: RecordSpace | undefined;
  #prefix: Buffer = Buffer.alloc(0);

  /** @param tree - takes in the records; without it they are only checked */
  constructor(codec: Codec, tree: RecordTree | undefined) {
    this.#codec = codec;
    this.#tree = tree;
  }

  /** @throws DamagedStateError */
  take(key: Buffer, stored: Uint8Array): void {
    if (key.equals(MARK)) {
      this.#stored = stored;
      return;
    }
    const opened = key[0] === PREFIX_BYTE ? openValue(key, stored) : undefined;
    if (opened === undefined) {
      throw new DamagedStateError(`the record ${JSON.stringify(key.toString())} is not what was stored`);
    }
    this.checksum.add(opened.checksum);
    if (this.#tree === undefined) return;
    const space = this.#spaceOf(key, this.#tree);
    const mark = space.load(key.toString('utf8', this.#prefix.length), opened.value, opened.bytes);
    mark.storedMark = markFor(opened.checksum);
  }

  /** The mark, which must fit all the records that were read. @throws DamagedStateError */
  finish(): StateMark {
    if (this.#stored === undefined) throw new DamagedStateError('the mark of the last batch is missing');
    const opened = openValue(MARK, this.#stored);
    if (opened === undefined)
      throw new DamagedStateError('the mark of the last batch is not what was stored');
    const fields = this.#codec.decode(opened.value) as number[];
    if (fields[0] !== STATE_FORMAT) throw new DamagedStateError(`format ${fields[0]} is of another release`);
    const field = (at: number): number => present(fields[at], 'a sound mark has all its fields');
    const mark = { applied: { index: field(1), term: field(2) }, count: field(3), sum: field(4) };
    const { count, sum } = this.checksum;
    if (mark.count !== count || mark.sum !== sum) {
      throw new DamagedStateError(
        `${mark.count} records were stored; the ${count} that are there are not those`,
      );
    }
    return mark;
  }

  #spaceOf(key: Buffer, tree: RecordTree): RecordSpace {
    const prefix = this.#prefix;
    if (this.#space !== undefined && key.compare(prefix, 0, prefix.length, 0, prefix.length) === 0) {
      return this.#space;
    }
    const slash = key.indexOf(SLASH);
    if (slash < 0) throw new DamagedStateError(`the record ${JSON.stringify(key.toString())} is in no space`);
    this.#prefix = Buffer.from(key.subarray(0, slash + 1));
    this.#space = tree.space(key.toString('utf8', RECORD_PREFIX.length, slash));
    return this.#space;
  }
}
