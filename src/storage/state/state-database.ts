import { setImmediate as nextRound } from 'node:timers/promises';
import { Level } from 'level';
import { allOf } from '../../base/byte-range.ts';
import type { Codec } from '../../base/codec.ts';
import type { Scratch } from '../../base/scratch.ts';
import type { RecordTree } from '../../machine/record-tree.ts';
import type { RecordChanges } from '../../machine/records.ts';
import type { Position } from '../../raft/entry.ts';
import type { StagedChange } from '../../replica/output.ts';
import { LARGE_BYTES_MIN } from '../../wire/known-checksums.ts';
import { LargeValues } from './large-values.ts';
import { openSplit, type PlacedPart, sealSplit } from './split-value.ts';
import { advanced, EMPTY_MARK, encodeMark, type StateMark } from './state-mark.ts';
import {
  blockRecord,
  blockRoom,
  BlockWriter,
  DamagedStateError,
  takeBlock,
  type Tally,
} from './state-block.ts';
import { checkMark, readMark, readState } from './state-reader.ts';
import { BLOCK_PREFIX, blockKey, blockNumber, MARK_KEY, RECORD_PREFIX, sealValue } from './state-value.ts';

/** `level` types what all its databases can do; this only LevelDB can. */
interface LevelDb {
  compactRange(start: string, end: string): Promise<void>;
  /** Bytes of tables. */
  approximateSize(start: string, end: string): Promise<number>;
}

/** From so many bytes of tables on they are let go of when they were read. */
const UNMAPPED_BYTES_MIN: number = 8 * 1024 * 1024;
/** About a millisecond of work. */
const SLICE_RECORDS = 128;
/** What is staged is brought to stable storage by so many bytes. */
const STAGED_BYTES_MAX: number = 16 * 1024 * 1024;
const ENCODINGS = { keyEncoding: 'utf8', valueEncoding: 'view' } as const;
/** Every key is before it. */
const END_KEY = '\u{10ffff}';

/**
 * One LevelDB database. A batch of records is a few blocks, each one value; what is large, and so most
 * blocks, lies in files beside it (`LargeValues`). A record of a later block takes the place of that of
 * an earlier one. Blocks of which nothing is needed any more go when a round begins (`Rounds`). So
 * nothing is ever sorted or merged. A record that is large itself has a row of its own. Calls must not
 * overlap.
 */
export class StateDatabase {
  readonly #level: Level<string, Uint8Array>;
  readonly #codec: Codec;
  readonly #large: LargeValues;
  readonly #room: Scratch = blockRoom();
  /** Their numbers, in order. */
  #blocks: number[] = [];
  #lastBlock = 0;
  /** Keys of records that have rows of their own. */
  readonly #rows = new Set<string>();
  /** Since what is large was last on stable storage. */
  #stagedBytes = 0;

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
    });
    await level.open();
    const database = new StateDatabase(level, codec, await LargeValues.open(directory));
    try {
      await database.#list();
    } catch (error) {
      await database.close();
      throw error;
    }
    return database;
  }

  /**
   * Reads and checks everything.
   *
   * @param tree - takes in the records
   * @throws DamagedStateError, or what LevelDB says
   */
  async read(tree: RecordTree): Promise<StateMark> {
    const mark = await readMark(this.#level, this.#codec);
    tree.expect(mark.count);
    const tally: Tally = { count: 0, sum: 0 };
    const large = await readState(this.#level, mark.firstBlock, (block) => takeBlock(tree, block, tally));
    tree.endLoading();
    checkMark(mark, tally);
    await this.#large.restore(large);
    await this.#unmap();
    return mark;
  }

  /**
   * One atomic, unsynced batch behind what the mark tells of; gives the mark that it leaves. It is put
   * together in slices, so that the event loop goes on meanwhile.
   */
  async write(changes: RecordChanges, applied: Position, before: StateMark): Promise<StateMark> {
    const batch = this.#level.batch();
    try {
      const firstBlock =
        changes.beginsRound === true ? this.#forget(batch, before.firstBlock) : before.firstBlock;
      const blocks = new BlockWriter(this.#room);
      let slice = 0;
      for (const change of changes) {
        if (change.bytes < LARGE_BYTES_MIN) {
          const value = change.stamp === 0 ? NOTHING_THERE : change.encoded(this.#codec);
          const { space, keyBytes: key, bytes, stamp } = change;
          const record = { space, key, value, bytes, stamp };
          if (!blocks.fits(record)) await this.#putBlock(batch, blocks.take());
          blocks.add(record);
          if (this.#rows.size > 0) this.#deleteRow(batch, change.key);
        } else if (change.stamp !== change.stampBefore) {
          await this.#putRow(batch, change, change.value);
        }
        if (++slice % SLICE_RECORDS === 0) await nextRound();
      }
      await this.#putBlock(batch, blocks.take());
      await this.#moveLarge(batch);
      await this.#large.sync();
      const mark = { ...advanced(before, changes, applied), firstBlock };
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
      const blocks = new BlockWriter(this.#room);
      for (const change of changes) {
        const { encoded } = change;
        if (encoded !== undefined && change.bytes >= LARGE_BYTES_MIN) {
          await this.#putRow(batch, change, this.#codec.view(encoded));
        } else {
          const record = blockRecord(change, encoded ?? NOTHING);
          if (!blocks.fits(record)) await this.#putBlock(batch, blocks.take());
          blocks.add(record);
          this.#deleteRow(batch, change.key);
        }
        this.#stagedBytes += encoded?.length ?? 0;
      }
      await this.#putBlock(batch, blocks.take());
      if (this.#stagedBytes < STAGED_BYTES_MAX) await this.#large.write();
      else await this.#syncLarge();
      await batch.write({ sync: false });
    } finally {
      await batch.close();
    }
  }

  /** Brings everything that was written to stable storage. `mark` is that of the last batch. */
  async sync(mark: StateMark): Promise<void> {
    await this.#syncLarge();
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
    if ((await this.#levelDb.approximateSize('', END_KEY)) < UNMAPPED_BYTES_MIN) return;
    await this.#level.close();
    await this.#level.open();
  }

  /** Which blocks there are, and which records have rows. */
  async #list(): Promise<void> {
    for (const key of await this.#level.keys(ENCODINGS).all()) {
      if (key.startsWith(BLOCK_PREFIX)) this.#blocks.push(blockNumber(key));
      else if (key.startsWith(RECORD_PREFIX)) this.#rows.add(key);
    }
    this.#lastBlock = this.#blocks.at(-1) ?? 0;
  }

  /** Blocks before the first one of a round that is over. Gives the first of the one that begins. */
  #forget(batch: Batch, firstBlock: number): number {
    const kept = this.#blocks.filter((number) => number >= firstBlock);
    for (const number of this.#blocks.slice(0, this.#blocks.length - kept.length)) {
      const key = blockKey(number);
      batch.del(key);
      this.#large.delete(key);
    }
    this.#blocks = kept;
    return this.#lastBlock + 1;
  }

  async #putBlock(batch: Batch, block: Uint8Array | undefined): Promise<void> {
    if (block === undefined) return;
    const key = blockKey(++this.#lastBlock);
    this.#blocks.push(this.#lastBlock);
    if (block.length < LARGE_BYTES_MIN) {
      batch.put(key, sealValue(key, { value: block, bytes: 0, stamp: 0 }));
      return;
    }
    const parts = [{ at: 0, ...(await this.#large.addNow(block)) }];
    this.#large.put(key, parts);
    batch.put(key, sealSplit(key, { rest: NOTHING, parts, bytes: 0, stamp: 0 }));
  }

  async #putRow(batch: Batch, { key, bytes, stamp }: Change, value: unknown): Promise<void> {
    const { rest, parts: cuts } = this.#codec.cut(value, LARGE_BYTES_MIN);
    const row = RECORD_PREFIX + key;
    const parts: PlacedPart[] = [];
    for (const { at, bytes: part } of cuts) parts.push({ at, ...(await this.#large.add(part)) });
    this.#rows.add(row);
    this.#large.put(row, parts);
    if (cuts.length === 0) batch.put(row, sealValue(row, { value: rest, bytes, stamp }));
    else batch.put(row, sealSplit(row, { rest, parts, bytes, stamp }));
  }

  #deleteRow(batch: Batch, key: string): void {
    const row = RECORD_PREFIX + key;
    if (!this.#rows.delete(row)) return;
    this.#large.delete(row);
    batch.del(row);
  }

  async #syncLarge(): Promise<void> {
    await this.#large.sync();
    this.#stagedBytes = 0;
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

const NOTHING = new Uint8Array();
const NOTHING_THERE = allOf(NOTHING);

/** What a record that is put says of itself. */
type Change = Pick<StagedChange, 'key' | 'bytes' | 'stamp'>;
type Batch = ReturnType<Level<string, Uint8Array>['batch']>;
