import type { Level } from 'level';
import { present } from '../../base/assert.ts';
import type { Codec } from '../../base/codec.ts';
import type { Scratch } from '../../base/scratch.ts';
import { isBinary } from '../../machine/binary-string.ts';
import {
  blockRecord,
  blockRoom,
  BlockWriter,
  DamagedStateError,
  openBlock,
  type StateBlock,
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
/** So many blocks are read at a time: while one is taken in, the next ones come. */
const BLOCKS_MAX = 4;
const READING = {
  keyEncoding: 'utf8',
  valueEncoding: 'view',
  fillCache: false,
  highWaterMarkBytes: 1024 * 1024,
} as const;

/**
 * Reads a whole database, once: the records that have rows of their own, then its blocks, the last first.
 *
 * @param firstBlock - of the present round
 * @param take - keeps nothing of the block's memory
 * @throws DamagedStateError, or what LevelDB or `take` says
 */
export async function readState(
  level: Level<string, Uint8Array>,
  firstBlock: number,
  take: (block: StateBlock) => void,
): Promise<LargePlaces> {
  const reader = new StateReader(level.location, firstBlock, take);
  const iterator = level.iterator({ ...READING, reverse: true });
  try {
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
    await reader.close();
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

/** Reads one piece at a time, into memory that is its own. */
class PieceReader {
  readonly files: LargeFileReader;
  readonly #room: Scratch = blockRoom();

  constructor(directory: string) {
    this.files = new LargeFileReader(directory);
  }

  /** Until the next one. Undefined if it is not what was written. */
  read(place: Place): Promise<Uint8Array | undefined> {
    return this.files.read(place, this.#room.take(place.length));
  }
}

class StateReader {
  readonly #firstBlock: number;
  readonly #take: (block: StateBlock) => void;
  /** Of rows. */
  readonly #writer: BlockWriter = new BlockWriter(blockRoom());
  /** Each for one of so many blocks. */
  readonly #readers: readonly PieceReader[];
  /** What was begun, in the order in which it is taken in. */
  readonly #reading: Promise<StateBlock>[] = [];
  #begun = 0;
  readonly #large: [key: string, places: readonly Place[]][] = [];

  constructor(directory: string, firstBlock: number, take: (block: StateBlock) => void) {
    this.#firstBlock = firstBlock;
    this.#take = take;
    this.#readers = Array.from({ length: BLOCKS_MAX }, () => new PieceReader(directory));
  }

  async take(some: readonly (readonly [key: string, stored: Uint8Array])[]): Promise<void> {
    for (const [key, stored] of some) {
      if (key.startsWith(BLOCK_PREFIX)) await this.#beginBlock(key, stored);
      else if (key.startsWith(RECORD_PREFIX)) await this.#takeRow(key, stored);
      else if (key !== MARK_KEY) throw notStored(key);
    }
  }

  async end(): Promise<LargePlaces> {
    this.#takeRows(this.#writer.take());
    await this.#takeBlocks(0);
    return this.#large;
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.#reading);
    for (const { files } of this.#readers) await files.close();
  }

  async #beginBlock(key: string, stored: Uint8Array): Promise<void> {
    this.#takeRows(this.#writer.take());
    await this.#takeBlocks(BLOCKS_MAX - 1);
    const reading = this.#readBlock(key, stored, this.#nextReader());
    // It is asked for its outcome only if those before it are sound.
    reading.catch(() => undefined);
    this.#reading.push(reading);
  }

  /** Takes in those that were begun first, until so many are left. */
  async #takeBlocks(left: number): Promise<void> {
    while (this.#reading.length > left) {
      this.#take(await present(this.#reading[0], 'it was begun'));
      void this.#reading.shift();
    }
  }

  /** One that no block lies in that is still to be taken. */
  #nextReader(): PieceReader {
    return present(this.#readers[this.#begun++ % BLOCKS_MAX], 'there are so many');
  }

  async #readBlock(key: string, stored: Uint8Array, reader: PieceReader): Promise<StateBlock> {
    const [part] = openSplit(key, stored)?.parts ?? [];
    if (part !== undefined) this.#large.push([key, [part]]);
    const block = part === undefined ? openValue(key, stored)?.value : await reader.read(part);
    if (block === undefined) throw notStored(key);
    return openBlock(block, blockNumber(key) < this.#firstBlock);
  }

  async #takeRow(key: string, stored: Uint8Array): Promise<void> {
    const split = openSplit(key, stored);
    const record = split === undefined ? openValue(key, stored) : await this.#join(key, split);
    if (record === undefined) throw notStored(key);
    if (!isBinary(key)) throw notStored(key);
    if (!key.includes('/')) throw new DamagedStateError(`the record ${JSON.stringify(key)} is in no space`);
    const { value, bytes, stamp } = record;
    const row = blockRecord({ key: key.slice(RECORD_PREFIX.length), bytes, stamp }, value);
    if (!this.#writer.fits(row)) this.#takeRows(this.#writer.take());
    this.#writer.add(row);
  }

  #takeRows(block: Uint8Array | undefined): void {
    if (block !== undefined) this.#take(openBlock(block, true));
  }

  async #join(key: string, split: SplitValue): Promise<StoredValue> {
    const { bytes, stamp } = split;
    return { value: joined(split, await this.#partsOf(key, split)), bytes, stamp };
  }

  async #partsOf(key: string, { parts }: SplitValue): Promise<readonly Uint8Array[]> {
    this.#large.push([key, parts]);
    const found: Uint8Array[] = [];
    const { files } = this.#nextReader();
    for (const part of parts) {
      const bytes = await files.read(part);
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
