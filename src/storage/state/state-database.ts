import { setImmediate as nextRound } from 'node:timers/promises';
import { Level } from 'level';
import type { Codec } from '../../base/codec.ts';
import type { RecordTree } from '../../machine/record-tree.ts';
import type { RecordChange } from '../../machine/records.ts';
import type { Position } from '../../raft/entry.ts';
import type { StagedChange } from '../../replica/output.ts';
import type { Operation, StateMark } from './state-encoder.ts';
import { MARK_KEY, StateEncoder } from './state-encoder.ts';
import { StateReader } from './state-reader.ts';

/** `level` types what all its databases can do; this one only LevelDB can. */
interface CompactsRange {
  compactRange(start: string, end: string): Promise<void>;
}

const READ_RECORDS = 1000;
/** About a millisecond of work. */
const SLICE_RECORDS = 128;
const ENCODINGS = { keyEncoding: 'utf8', valueEncoding: 'view' } as const;
const READING = {
  keyEncoding: 'buffer',
  valueEncoding: 'view',
  fillCache: false,
  highWaterMarkBytes: 1024 * 1024,
} as const;

/** One LevelDB database. Calls must not overlap. */
export class StateDatabase {
  readonly #level: Level<string, Uint8Array>;
  readonly #codec: Codec;
  #encoder: StateEncoder;

  private constructor(level: Level<string, Uint8Array>, codec: Codec, encoder: StateEncoder) {
    this.#level = level;
    this.#codec = codec;
    this.#encoder = encoder;
  }

  /** Encodes what is to be written here, once all was read. */
  get encoder(): StateEncoder {
    return this.#encoder;
  }

  /** Makes a new one, which must not be there; durable, and empty, when it settles. */
  static async create(directory: string, codec: Codec): Promise<StateDatabase> {
    const level = new Level<string, Uint8Array>(directory, { ...ENCODINGS, errorIfExists: true });
    await level.open();
    const database = new StateDatabase(level, codec, new StateEncoder(codec));
    try {
      // Without a synced write a power cut can leave a database that does not open.
      await database.sync({ applied: { index: 0, term: 0 }, count: 0, sum: 0 });
    } catch (error) {
      await database.close();
      throw error;
    }
    return database;
  }

  /** @param encoder - of a database that is opened again: it knows what is there */
  static async open(
    directory: string,
    codec: Codec,
    encoder: StateEncoder = new StateEncoder(codec),
  ): Promise<StateDatabase> {
    const level = new Level<string, Uint8Array>(directory, { ...ENCODINGS, createIfMissing: false });
    await level.open();
    return new StateDatabase(level, codec, encoder);
  }

  /**
   * Reads and checks everything.
   *
   * @param tree - takes in the records, once, right after `open`; without it they are only checked
   * @throws DamagedStateError, or what LevelDB says
   */
  async read(tree?: RecordTree): Promise<StateMark> {
    const reader = new StateReader(this.#codec, tree);
    const iterator = this.#level.iterator<Buffer, Uint8Array>(READING);
    try {
      for (;;) {
        const some = await iterator.nextv(READ_RECORDS);
        if (some.length === 0) break;
        for (const [key, stored] of some) reader.take(key, stored);
      }
    } finally {
      await iterator.close();
    }
    if (tree !== undefined) this.#encoder = new StateEncoder(this.#codec, reader.checksum);
    return reader.finish();
  }

  /** One atomic, unsynced batch. It is put together in slices, so that the event loop goes on meanwhile. */
  async write(changes: Iterable<RecordChange>, applied: Position): Promise<StateMark> {
    const batch = this.#level.batch();
    try {
      let slice = 0;
      for (const change of changes) {
        add(batch, this.encoder.encode(change));
        if (++slice % SLICE_RECORDS === 0) await nextRound();
      }
      const mark = this.encoder.mark(applied);
      add(batch, this.encoder.encodeMark(mark));
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
      for (const { key, encoded, bytes, mark } of changes) {
        add(batch, this.encoder.seal(key, encoded, bytes, mark));
      }
      await batch.write({ sync: false });
    } finally {
      await batch.close();
    }
  }

  /** Brings everything that was written to stable storage. `mark` is that of the last batch. */
  async sync(mark: StateMark): Promise<void> {
    // A synced write alone does not do: LevelDB closes a full log file without syncing it. So all
    // that is in log files is first brought into tables, which are synced, by compacting nothing.
    await (this.#level as unknown as CompactsRange).compactRange(MARK_KEY, MARK_KEY);
    await this.#level.batch([this.encoder.encodeMark(mark)], { ...ENCODINGS, sync: true });
  }

  async close(): Promise<void> {
    await this.#level.close();
  }
}

type Batch = ReturnType<Level<string, Uint8Array>['batch']>;

function add(batch: Batch, operation: Operation): void {
  if (operation.type === 'del') batch.del(operation.key);
  else batch.put(operation.key, operation.value);
}
