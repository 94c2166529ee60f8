import type { Level } from 'level';
import type { Codec } from '../../base/codec.ts';
import type { Scratch } from '../../base/scratch.ts';
import { isBinary } from '../../machine/binary-string.ts';
import {
  type BlockSink,
  blockRoom,
  BlockWriter,
  DamagedStateError,
  sendBlock,
  type Tally,
} from './state-block.ts';
import { LargeFileReader } from './large-files.ts';
import { joined, openSplit, type Place, type SplitValue } from './split-value.ts';
import { decodeMark, type StateMark } from './state-mark.ts';
import {
  BLOCK_PREFIX,
  blockNumber,
  MARK_KEY,
  openValue,
  RECORD_PREFIX,
  type StoredValue,
} from './state-value.ts';

/** The keys of blocks and rows with large parts, and where those lie. */
export type LargePlaces = readonly (readonly [key: string, places: readonly Place[]])[];

const READ_ROWS = 256;
const READING = {
  keyEncoding: 'utf8',
  valueEncoding: 'view',
  fillCache: false,
  highWaterMarkBytes: 1024 * 1024,
} as const;

/**
 * Reads a whole database, once: its blocks as they were written, then the records that have rows of their own.
 *
 * @param firstBlock - of the present round
 * @throws DamagedStateError, or what LevelDB says
 */
export async function readState(
  level: Level<string, Uint8Array>,
  firstBlock: number,
  sink: BlockSink,
): Promise<LargePlaces> {
  const files = new LargeFileReader(level.location);
  const reader = new StateReader(firstBlock, sink, files);
  const iterator = level.iterator(READING);
  try {
    // While some are taken in, the next ones are read.
    let next = iterator.nextv(READ_ROWS);
    for (let some = await next; some.length > 0; some = await next) {
      next = iterator.nextv(READ_ROWS);
      // It is asked for its outcome only if these are sound.
      next.catch(() => undefined);
      await reader.take(some);
    }
    return await reader.end();
  } finally {
    await iterator.close();
    await files.close();
  }
}

/** @throws DamagedStateError */
export async function readMark(level: Level<string, Uint8Array>, codec: Codec): Promise<StateMark> {
  const stored = await level.get(MARK_KEY, READING);
  if (stored === undefined) throw new DamagedStateError('the mark of the last batch is missing');
  const opened = openValue(MARK_KEY, stored);
  if (opened === undefined) throw new DamagedStateError('the mark of the last batch is not what was stored');
  return decodeMark(codec, opened.value);
}

/** Whether the mark fits all the records that were read. @throws DamagedStateError */
export function checkMark(mark: StateMark, { count, sum }: Tally): void {
  if (mark.count === count && mark.sum === sum) return;
  throw new DamagedStateError(`${mark.count} records were stored; the ${count} that are there are not those`);
}

class StateReader {
  readonly #firstBlock: number;
  readonly #sink: BlockSink;
  readonly #files: LargeFileReader;
  /** Of rows. */
  readonly #writer: BlockWriter = new BlockWriter(blockRoom());
  /** For a block that is read: what is made anew for each of them is only given back much later. */
  readonly #room: Scratch = blockRoom();
  readonly #large: [key: string, places: readonly Place[]][] = [];

  constructor(firstBlock: number, sink: BlockSink, files: LargeFileReader) {
    this.#firstBlock = firstBlock;
    this.#sink = sink;
    this.#files = files;
  }

  async take(some: readonly (readonly [key: string, stored: Uint8Array])[]): Promise<void> {
    for (const [key, stored] of some) {
      if (key.startsWith(BLOCK_PREFIX)) await this.#takeBlock(key, stored);
      else if (key.startsWith(RECORD_PREFIX)) await this.#takeRow(key, stored);
      else if (key !== MARK_KEY) throw notStored(key);
    }
  }

  async end(): Promise<LargePlaces> {
    await this.#sendRows(this.#writer.take());
    return this.#large;
  }

  async #takeBlock(key: string, stored: Uint8Array): Promise<void> {
    const [part] = openSplit(key, stored)?.parts ?? [];
    if (part !== undefined) this.#large.push([key, [part]]);
    const block =
      part === undefined
        ? openValue(key, stored)?.value
        : await this.#files.read(part, this.#room.take(part.length));
    if (block === undefined) throw notStored(key);
    await sendBlock(this.#sink, block, blockNumber(key) < this.#firstBlock);
  }

  async #takeRow(key: string, stored: Uint8Array): Promise<void> {
    const split = openSplit(key, stored);
    const record = split === undefined ? openValue(key, stored) : await this.#join(key, split);
    if (record === undefined) throw notStored(key);
    const slash = key.indexOf('/');
    if (!isBinary(key)) throw notStored(key);
    if (slash < 0) throw new DamagedStateError(`the record ${JSON.stringify(key)} is in no space`);
    const { value, bytes, stamp } = record;
    const space = key.slice(RECORD_PREFIX.length, slash);
    const inBlock = { space, key: key.slice(slash + 1), value, bytes, stamp };
    await this.#sendRows(this.#writer.add(inBlock));
  }

  async #sendRows(block: Uint8Array | undefined): Promise<void> {
    if (block !== undefined) await sendBlock(this.#sink, block, true);
  }

  async #join(key: string, split: SplitValue): Promise<StoredValue> {
    const { bytes, stamp } = split;
    return { value: joined(split, await this.#partsOf(key, split)), bytes, stamp };
  }

  async #partsOf(key: string, { parts }: SplitValue): Promise<readonly Uint8Array[]> {
    this.#large.push([key, parts]);
    const found: Uint8Array[] = [];
    for (const part of parts) {
      const bytes = await this.#files.read(part);
      if (bytes === undefined) throw notStored(key);
      found.push(bytes);
    }
    return found;
  }
}

function notStored(key: string): DamagedStateError {
  const what = key.startsWith(BLOCK_PREFIX)
    ? `block ${blockNumber(key)}`
    : `the record ${JSON.stringify(key)}`;
  return new DamagedStateError(`${what} is not what was stored`);
}
