import { setImmediate as nextRound } from 'node:timers/promises';
import { Level } from 'level';
import type { Codec } from '../../base/codec.ts';
import type { RecordChange, RecordEntry } from '../../machine/records.ts';
import type { Position } from '../../raft/entry.ts';
import type { StagedChange } from '../../replica/output.ts';
import type { Operation, StateMark } from './state-encoder.ts';
import { MARK_KEY, StateEncoder } from './state-encoder.ts';

/** `level` types what all its databases can do; this one only LevelDB can. */
interface CompactsRange {
  compactRange(start: string, end: string): Promise<void>;
}

export interface StateRead {
  readonly records: readonly RecordEntry<unknown>[];
  readonly mark: StateMark;
}

const READ_RECORDS = 1000;
/** About a millisecond of work. */
const SLICE_RECORDS = 128;
const ENCODINGS = { keyEncoding: 'utf8', valueEncoding: 'view' } as const;
const READING = { ...ENCODINGS, fillCache: false, highWaterMarkBytes: 1024 * 1024 } as const;

/** One LevelDB database. Calls must not overlap. */
export class StateDatabase {
  readonly #level: Level<string, Uint8Array>;
  /** Encodes what is to be written here, once all was read. */
  readonly encoder: StateEncoder;

  private constructor(level: Level<string, Uint8Array>, encoder: StateEncoder) {
    this.#level = level;
    this.encoder = encoder;
  }

  /** Makes a new one, which must not be there; durable, and empty, when it settles. */
  static async create(directory: string, codec: Codec): Promise<StateDatabase> {
    const level = new Level<string, Uint8Array>(directory, { ...ENCODINGS, errorIfExists: true });
    await level.open();
    const database = new StateDatabase(level, new StateEncoder(codec));
    try {
      // Without a synced write a power cut can leave a database that does not open.
      await database.sync({ applied: { index: 0, term: 0 }, count: 0, sum: 0 });
    } catch (error) {
      await database.close();
      throw error;
    }
    return database;
  }

  /** @param encoder - of a database that is opened again, and is not read: it knows what is there */
  static async open(directory: string, encoder: StateEncoder): Promise<StateDatabase> {
    const level = new Level<string, Uint8Array>(directory, { ...ENCODINGS, createIfMissing: false });
    await level.open();
    return new StateDatabase(level, encoder);
  }

  /** Reads and checks everything; once, right after `open` with an encoder that knows of nothing. @throws DamagedStateError, or what LevelDB says */
  async read(): Promise<StateRead> {
    const records: RecordEntry<unknown>[] = [];
    let mark: Uint8Array | undefined;
    const iterator = this.#level.iterator(READING);
    try {
      for (;;) {
        const some = await iterator.nextv(READ_RECORDS);
        if (some.length === 0) break;
        for (const [key, stored] of some) {
          if (key === MARK_KEY) mark = stored;
          else records.push(this.encoder.decode(key, stored));
        }
      }
    } finally {
      await iterator.close();
    }
    return { records, mark: this.encoder.decodeMark(mark) };
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
      for (const { key, encoded } of changes) add(batch, this.encoder.seal(key, encoded));
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
