import type { Codec } from '../../base/codec.ts';
import type { RecordSpace } from '../../machine/record-space.ts';
import type { RecordTree } from '../../machine/record-tree.ts';
import { decodeMark, type StateMark } from './state-mark.ts';
import { MARK_KEY, openValue, RECORD_PREFIX } from './state-value.ts';

/** The database was read, and is not what was written. */
export class DamagedStateError extends Error {
  override readonly name: string = 'DamagedStateError';
}

/** What LevelDB stores, back to records: all of it is read once, in the order of its keys, and checked. */
export class StateReader {
  readonly #codec: Codec;
  readonly #tree: RecordTree | undefined;
  #count = 0;
  #sum = 0;
  #mark: Uint8Array | undefined;
  /** Records of one space follow each other. */
  #space: RecordSpace | undefined;
  #prefix = '';

  /** @param tree - takes in the records; without it they are only checked */
  constructor(codec: Codec, tree: RecordTree | undefined) {
    this.#codec = codec;
    this.#tree = tree;
  }

  /** @throws DamagedStateError */
  take(key: string, stored: Uint8Array): void {
    if (key === MARK_KEY) {
      this.#mark = stored;
      return;
    }
    const opened = key.startsWith(RECORD_PREFIX) ? openValue(key, stored) : undefined;
    if (opened === undefined) {
      throw new DamagedStateError(`the record ${JSON.stringify(key)} is not what was stored`);
    }
    const { value, bytes, stamp } = opened;
    this.#count++;
    this.#sum = (this.#sum + stamp) >>> 0;
    if (this.#tree === undefined) return;
    const space = this.#spaceOf(key, this.#tree);
    space.load(key.slice(this.#prefix.length), value, bytes, stamp);
  }

  /** The mark, which must fit all the records that were read. @throws DamagedStateError */
  finish(): StateMark {
    if (this.#mark === undefined) throw new DamagedStateError('the mark of the last batch is missing');
    const opened = openValue(MARK_KEY, this.#mark);
    if (opened === undefined)
      throw new DamagedStateError('the mark of the last batch is not what was stored');
    const mark = decodeMark(this.#codec, opened.value);
    if (mark.count !== this.#count || mark.sum !== this.#sum) {
      throw new DamagedStateError(
        `${mark.count} records were stored; the ${this.#count} that are there are not those`,
      );
    }
    return mark;
  }

  #spaceOf(key: string, tree: RecordTree): RecordSpace {
    if (this.#space !== undefined && key.startsWith(this.#prefix)) return this.#space;
    const slash = key.indexOf('/');
    if (slash < 0) throw new DamagedStateError(`the record ${JSON.stringify(key)} is in no space`);
    this.#prefix = key.slice(0, slash + 1);
    this.#space = tree.space(key.slice(RECORD_PREFIX.length, slash));
    return this.#space;
  }
}
