import type { Level } from 'level';
import type { Codec } from '../../base/codec.ts';
import { type BlockSink, BlockWriter, DamagedStateError } from './state-block.ts';
import { LargeFileReader } from './large-files.ts';
import { joined, openSplit, type Place, type SplitValue } from './split-value.ts';
import { decodeMark, type StateMark } from './state-mark.ts';
import { MARK_KEY, openValue, readUint32, RECORD_PREFIX, STAMP_AT } from './state-value.ts';

/** What was read from front to back, as it says of itself: `takeBlock` and `markOf` check it. */
export interface StateReading {
  readonly count: number;
  /** Of the stamps, modulo 2^32. */
  readonly sum: number;
  /** As it is stored, and not checked; undefined if there is none. */
  readonly mark: Uint8Array | undefined;
  /** The keys of records with large parts, and where those lie. */
  readonly large: readonly (readonly [key: string, places: readonly Place[]])[];
}

const READ_RECORDS = 1000;
const READING = {
  keyEncoding: 'utf8',
  valueEncoding: 'view',
  fillCache: false,
  highWaterMarkBytes: 1024 * 1024,
} as const;

/**
 * Reads a whole database, once, in the order of its keys.
 *
 * @throws DamagedStateError, or what LevelDB says
 */
export async function readState(level: Level<string, Uint8Array>, sink: BlockSink): Promise<StateReading> {
  const files = new LargeFileReader(level.location);
  const reader = new StateReader(sink, files);
  const iterator = level.iterator(READING);
  try {
    // While some are taken in, the next ones are read.
    let next = iterator.nextv(READ_RECORDS);
    for (let some = await next; some.length > 0; some = await next) {
      next = iterator.nextv(READ_RECORDS);
      // It is asked for its outcome only if these are sound.
      next.catch(() => undefined);
      await reader.take(some);
    }
  } finally {
    await iterator.close();
    await files.close();
  }
  return reader.end();
}

/** The mark, which must fit all the records that were read. @throws DamagedStateError */
export function markOf({ count, sum, mark: stored }: StateReading, codec: Codec): StateMark {
  if (stored === undefined) throw new DamagedStateError('the mark of the last batch is missing');
  const opened = openValue(MARK_KEY, stored);
  if (opened === undefined) throw new DamagedStateError('the mark of the last batch is not what was stored');
  const mark = decodeMark(codec, opened.value);
  if (mark.count !== count || mark.sum !== sum) {
    throw new DamagedStateError(
      `${mark.count} records were stored; the ${count} that are there are not those`,
    );
  }
  return mark;
}

class StateReader {
  readonly #blocks: BlockWriter;
  readonly #files: LargeFileReader;
  readonly #large: [key: string, places: readonly Place[]][] = [];
  #count = 0;
  #sum = 0;
  #mark: Uint8Array | undefined;
  /** Records of one space follow each other. */
  #space = '';
  #prefix = '';

  constructor(sink: BlockSink, files: LargeFileReader) {
    this.#blocks = new BlockWriter(sink);
    this.#files = files;
  }

  async take(some: readonly (readonly [key: string, stored: Uint8Array])[]): Promise<void> {
    for (const [key, row] of some) {
      if (key === MARK_KEY) {
        this.#mark = new Uint8Array(row);
        continue;
      }
      if (!key.startsWith(RECORD_PREFIX)) {
        throw notStored(key);
      }
      const split = openSplit(key, row);
      const stored = split === undefined ? row : await this.#join(key, split);
      if (this.#prefix === '' || !key.startsWith(this.#prefix)) this.#beginSpace(key);
      const inner = key.slice(this.#prefix.length);
      if (!this.#blocks.fits(this.#space, inner, stored))
        await this.#blocks.begin(this.#space, inner, stored);
      this.#blocks.add(inner, stored);
      this.#count++;
      this.#sum = (this.#sum + readUint32(stored, STAMP_AT)) >>> 0;
    }
  }

  end(): StateReading {
    this.#blocks.end();
    return { count: this.#count, sum: this.#sum, mark: this.#mark, large: this.#large };
  }

  async #join(key: string, split: SplitValue): Promise<Uint8Array> {
    this.#large.push([key, split.parts]);
    const parts: Uint8Array[] = [];
    for (const part of split.parts) {
      const bytes = await this.#files.read(part);
      if (bytes === undefined) throw notStored(key);
      parts.push(bytes);
    }
    return joined(key, split, parts);
  }

  #beginSpace(key: string): void {
    const slash = key.indexOf('/');
    if (slash < 0) throw new DamagedStateError(`the record ${JSON.stringify(key)} is in no space`);
    this.#prefix = key.slice(0, slash + 1);
    this.#space = key.slice(RECORD_PREFIX.length, slash);
  }
}

function notStored(key: string): DamagedStateError {
  return new DamagedStateError(`the record ${JSON.stringify(key)} is not what was stored`);
}
