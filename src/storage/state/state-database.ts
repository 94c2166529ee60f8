import { setImmediate as nextRound } from 'node:timers/promises';
import { Level } from 'level';
import type { Codec } from '../../base/codec.ts';
import { Scratch } from '../../base/scratch.ts';
import type { RecordTree } from '../../machine/record-tree.ts';
import type { RecordChanges } from '../../machine/records.ts';
import type { Position } from '../../raft/entry.ts';
import type { StagedChange } from '../../replica/output.ts';
import { LARGE_BYTES_MIN } from '../../wire/known-checksums.ts';
import { LargeValues } from './large-values.ts';
import { openSplit, type PlacedPart, sealSplit } from './split-value.ts';
import { advanced, EMPTY_MARK, encodeMark, type StateMark } from './state-mark.ts';
import { type BlockSink, DamagedStateError, type StateBlock, takeBlock } from './state-block.ts';
import { markOf, readState } from './state-reader.ts';
import { readInThread } from './state-thread.ts';
import { MARK_KEY, RECORD_PREFIX, sealValue } from './state-value.ts';

/** `level` types what all its databases can do; this only LevelDB can. */
interface LevelDb {
  compactRange(start: string, end: string): Promise<void>;
  /** Bytes of tables. */
  approximateSize(start: string, end: string): Promise<number>;
}

export interface ReadOptions {
  /** From so many bytes of tables on it is read in a thread of its own. */
  readonly threadBytesMin: number;
}

/** About a millisecond of work. */
const SLICE_RECORDS = 128;
/** The room in which a record is sealed has so many bytes, and more for larger ones up to here. */
const SEALED_BYTES_MIN = 64 * 1024;
const SEALED_BYTES_MAX = 1024 * 1024;
const ENCODINGS = { keyEncoding: 'utf8', valueEncoding: 'view' } as const;
/** Every key is before it. */
const END_KEY = '\u{10ffff}';

/** One LevelDB database, with the large parts of its records beside it. Calls must not overlap. */
export class StateDatabase {
  readonly #level: Level<string, Uint8Array>;
  readonly #codec: Codec;
  readonly #large: LargeValues;
  /** LevelDB copies what a batch is given. */
  readonly #sealed: Scratch = new Scratch(SEALED_BYTES_MIN, SEALED_BYTES_MAX);

  private constructor(level: Level<string, Uint8Array>, codec: Codec, large: LargeValues) {
    this.#level = level;
    this.#codec = codec;
    this.#large = large;
  }

  /** Makes a new one, which must not be there; durable, and empty, when it settles. */
  static async create(directory: string, codec: Codec): Promise<StateDatabase> {
    const level = new Level<string, Uint8Array>(directory, { ...ENCODINGS, errorIfExists: true });
    await level.open();
    const database = new StateDatabase(level, codec, await LargeValues.open(directory));
    try {
      // Without a synced write a power cut can leave a database that does not open.
      await database.sync(EMPTY_MARK);
    } catch (error) {
      await database.close();
      throw error;
    }
    return database;
  }

  static async open(directory: string, codec: Codec): Promise<StateDatabase> {
    const level = new Level<string, Uint8Array>(directory, {
      ...ENCODINGS,
      createIfMissing: false,
      multithreading: true,
    });
    await level.open();
    return new StateDatabase(level, codec, await LargeValues.open(directory));
  }

  /**
   * Reads and checks everything.
   *
   * @param tree - takes in the records; without it they are only checked
   * @throws DamagedStateError, or what LevelDB says
   */
  async read({ threadBytesMin }: ReadOptions, tree?: RecordTree): Promise<StateMark> {
    const take = (block: StateBlock): void => {
      takeBlock(tree, block);
    };
    const bytes = await this.#levelDb.approximateSize('', END_KEY);
    const isSmall = bytes < threadBytesMin;
    const reading = isSmall
      ? await readState(this.#level, new HereSink(take))
      : await readInThread(this.#level.location, take);
    const mark = markOf(reading, this.#codec);
    await this.#large.restore(reading.large);
    if (!isSmall) await this.#unmap();
    return mark;
  }

  /**
   * One atomic, unsynced batch behind what the mark tells of; gives the mark that it leaves. It is put
   * together in slices, so that the event loop goes on meanwhile.
   */
  async write(changes: RecordChanges, applied: Position, before: StateMark): Promise<StateMark> {
    const batch = this.#level.batch();
    try {
      let slice = 0;
      for (const change of changes) {
        if (change.stamp === 0) this.#put(batch, change, undefined);
        else if (change.bytes >= LARGE_BYTES_MIN) await this.#putLarge(batch, change, change.value);
        else this.#put(batch, change, change.encode(this.#codec));
        if (++slice % SLICE_RECORDS === 0) await nextRound();
      }
      await this.#moveLarge(batch);
      await this.#large.sync();
      const mark = advanced(before, changes, applied);
      batch.put(MARK_KEY, this.#sealMark(mark));
      await batch.write({ sync: false });
      return mark;
    } finally {
      await batch.close();
    }
  }

  /** One unsynced batch of a state that is not whole yet: without a mark, which `sync` writes in the end. */
  async stage(changes: readonly StagedChange[]): Promise<void> {
    if (changes.length === 0) return;
    const batch = this.#level.batch();
    try {
      for (const change of changes) {
        const { encoded } = change;
        if (encoded === undefined || encoded.length < LARGE_BYTES_MIN) this.#put(batch, change, encoded);
        else await this.#putLarge(batch, change, this.#codec.view(encoded));
      }
      await this.#large.sync();
      await batch.write({ sync: false });
    } finally {
      await batch.close();
    }
  }

  /** Brings everything that was written to stable storage. `mark` is that of the last batch. */
  async sync(mark: StateMark): Promise<void> {
    const unneeded = this.#large.takeUnneeded();
    // A synced write alone does not do: LevelDB closes a full log file without syncing it. So all
    // that is in log files is first brought into tables, which are synced, by compacting nothing.
    await this.#levelDb.compactRange(MARK_KEY, MARK_KEY);
    await this.#level.put(MARK_KEY, this.#sealMark(mark), { ...ENCODINGS, sync: true });
    await this.#large.remove(unneeded);
  }

  async close(): Promise<void> {
    await this.#large.close();
    await this.#level.close();
  }

  /** LevelDB maps its files into memory, where all that was read of them stays as long as they are open. */
  async #unmap(): Promise<void> {
    await this.#level.close();
    await this.#level.open();
  }

  #put(batch: Batch, { key, bytes, stamp }: Change, value: Uint8Array | undefined): void {
    const row = RECORD_PREFIX + key;
    this.#large.delete(row);
    if (value === undefined) batch.del(row);
    else batch.put(row, sealValue(row, { value, bytes, stamp }, this.#sealed));
  }

  async #putLarge(batch: Batch, change: Change, value: unknown): Promise<void> {
    const { rest, parts: cuts } = this.#codec.cut(value, LARGE_BYTES_MIN);
    if (cuts.length === 0) return this.#put(batch, change, rest);
    const row = RECORD_PREFIX + change.key;
    const parts: PlacedPart[] = [];
    for (const { at, bytes } of cuts) parts.push({ at, ...(await this.#large.add(bytes)) });
    this.#large.put(row, parts);
    batch.put(row, sealSplit(row, { rest, parts, bytes: change.bytes, stamp: change.stamp }));
  }

  async #moveLarge(batch: Batch): Promise<void> {
    const { file, keys } = this.#large.toMove ?? { file: 0, keys: [] };
    for (const row of keys) {
      const split = openSplit(row, (await this.#level.get(row)) ?? new Uint8Array());
      if (split === undefined)
        throw new DamagedStateError(`the record ${JSON.stringify(row)} is not what was stored`);
      const parts: PlacedPart[] = [];
      for (const part of split.parts)
        parts.push(part.file === file ? { at: part.at, ...(await this.#large.move(part)) } : part);
      this.#large.put(row, parts);
      batch.put(row, sealSplit(row, { ...split, parts }));
    }
  }

  get #levelDb(): LevelDb {
    return this.#level as unknown as LevelDb;
  }

  #sealMark(mark: StateMark): Uint8Array {
    return sealValue(MARK_KEY, { value: encodeMark(this.#codec, mark), bytes: 0, stamp: 0 });
  }
}

/** Blocks are taken in at once, so that one memory does for all. */
class HereSink implements BlockSink {
  readonly take: (block: StateBlock) => void;
  #records = new ArrayBuffer(0);

  constructor(take: (block: StateBlock) => void) {
    this.take = take;
  }

  room(bytes: number): Promise<ArrayBuffer> {
    if (this.#records.byteLength < bytes) this.#records = new ArrayBuffer(bytes);
    return Promise.resolve(this.#records);
  }
}

/** What a record that is put says of itself. */
type Change = Pick<StagedChange, 'key' | 'bytes' | 'stamp'>;
type Batch = ReturnType<Level<string, Uint8Array>['batch']>;
