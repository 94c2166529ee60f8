import { assert, InvariantError, present, unreachable } from '../../base/assert.ts';
import type { Codec } from '../../base/codec.ts';
import { StoreError } from '../../base/errors.ts';
import type { RecordChange, RecordEntry } from '../../machine/records.ts';
import type { Position } from '../../raft/entry.ts';
import type { DirectoryLock } from '../directory-lock.ts';
import { acquireDirectoryLock } from '../directory-lock.ts';
import { diskError } from '../disk-error.ts';
import type { StateContents, StateStorage } from '../state-storage.ts';
import { isOutside } from './level-error.ts';
import { StateDatabase } from './state-database.ts';
import { StateDirectory } from './state-directory.ts';
import type { StateBatch, StateMark } from './state-encoder.ts';
import { StateEncoder } from './state-encoder.ts';

export interface LevelStateOptions {
  /** Of the state alone. */
  readonly directory: string;
  /** Of the records' values. */
  readonly codec: Codec;
  /** So many states that were not trusted are kept; 2 unless told. */
  readonly setAsideMax?: number;
}

type Work =
  | { readonly kind: 'write'; readonly batch: StateBatch }
  | { readonly kind: 'sync'; readonly mark: StateMark }
  | { readonly kind: 'replace'; readonly batches: readonly StateBatch[]; readonly encoder: StateEncoder };

interface Job {
  readonly work: Work;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

type SetAside = StateContents['setAside'];

const SET_ASIDE_MAX = 2;
/** Writes that wait together become one batch of up to so many. */
const MERGED_WRITES_MAX = 256;
const REPLACE_BATCH_RECORDS = 1000;
const EMPTY: StateMark = { applied: { index: 0, term: 0 }, count: 0, sum: 0 };

/**
 * The state in LevelDB, which is fast, and not to be trusted: it does not check what it reads, and
 * can lose a part without a word. So each value bears a checksum, the whole another one that follows
 * every batch, and what does not check is set aside and built anew from the log or from a peer.
 *
 * Writes are not synced, and go one after the other. After a failure every call is rejected with the
 * same error.
 */
export class LevelState implements StateStorage {
  readonly #path: string;
  readonly #codec: Codec;
  readonly #directory: StateDirectory;
  #lock: DirectoryLock | undefined;
  #database: StateDatabase | undefined;
  /** That of the newest database that was asked for, which may not be there yet. */
  #encoder: StateEncoder;
  #mark: StateMark = EMPTY;
  #jobs: Job[] = [];
  #working: Promise<void> | undefined;
  #failure: Error | undefined;

  constructor(options: LevelStateOptions) {
    this.#path = options.directory;
    this.#codec = options.codec;
    this.#encoder = new StateEncoder(options.codec);
    this.#directory = new StateDirectory(options.directory, options.setAsideMax ?? SET_ASIDE_MAX);
  }

  /** @throws StoreError DIRECTORY_LOCKED, DISK_FULL, DISK_FAILED */
  async open(): Promise<StateContents> {
    assert(this.#lock === undefined && this.#failure === undefined, 'a state is opened once');
    this.#lock = await acquireDirectoryLock(this.#path);
    try {
      return await this.#open();
    } catch (error) {
      // What went wrong first is what the caller must know.
      await this.close().catch(() => undefined);
      throw diskError(error, `opening the state in ${this.#path}`);
    }
  }

  write(changes: readonly RecordChange[], applied: Position): Promise<void> {
    return this.#enqueue(() => {
      const batch = this.#encoder.encode(changes, applied);
      this.#mark = batch.mark;
      return { kind: 'write', batch };
    });
  }

  sync(): Promise<void> {
    return this.#enqueue(() => ({ kind: 'sync', mark: this.#mark }));
  }

  /** The records are walked, and encoded, before this returns: they may change afterwards. */
  replace(records: Iterable<RecordEntry<unknown>>, applied: Position): Promise<void> {
    return this.#enqueue(() => {
      this.#encoder = new StateEncoder(this.#codec);
      const batches: StateBatch[] = [];
      let changes: RecordChange[] = [];
      for (const [key, value] of records) {
        changes.push({ key, value });
        if (changes.length < REPLACE_BATCH_RECORDS) continue;
        batches.push(this.#encoder.encode(changes, applied));
        changes = [];
      }
      const last = this.#encoder.encode(changes, applied);
      this.#mark = last.mark;
      return { kind: 'replace', batches: [...batches, last], encoder: this.#encoder };
    });
  }

  /** Waits for what was begun. What was not synced stays so. */
  async close(): Promise<void> {
    await this.#working;
    this.#failure ??= new StoreError('CLOSED', 'the state is closed');
    await this.#database?.close();
    this.#database = undefined;
    await this.#lock?.release();
    this.#lock = undefined;
  }

  async #open(): Promise<StateContents> {
    const current = await this.#directory.current();
    switch (current.kind) {
      case 'none':
        return await this.#start(undefined);
      case 'lost':
        return await this.#start(await this.#setAside(current.reason, current.generation));
      case 'generation': {
        await this.#directory.removeOthers(current.generation);
        const { contents, reason } = await this.#tryGeneration(current.generation);
        return contents ?? (await this.#start(await this.#setAside(reason, current.generation)));
      }
      default:
        return unreachable(current);
    }
  }

  /** Opens and checks a database. Why it is not to be trusted, if it is not. */
  async #tryGeneration(
    generation: number,
  ): Promise<{ readonly contents: StateContents | undefined; readonly reason: string }> {
    const { wasInterrupted } = await this.#directory.beginOpening();
    const crash = wasInterrupted ? await this.#directory.probe(generation) : undefined;
    if (crash !== undefined) return { contents: undefined, reason: crash };
    let database: StateDatabase | undefined;
    try {
      database = await StateDatabase.open(this.#directory.generationPath(generation), this.#codec);
      const { records, mark } = await database.read();
      await database.sync(mark);
      await this.#directory.endOpening();
      this.#use(database, mark);
      return { contents: { records, applied: mark.applied, setAside: undefined }, reason: '' };
    } catch (error) {
      await database?.close();
      if (isOutside(error)) throw error;
      return { contents: undefined, reason: error instanceof Error ? reasonOf(error) : String(error) };
    }
  }

  async #setAside(reason: string, generation: number | undefined): Promise<SetAside> {
    if (generation === undefined) return { reason, directory: this.#path };
    return { reason, directory: await this.#directory.setAside(generation) };
  }

  /** Begins with an empty state. */
  async #start(setAside: SetAside): Promise<StateContents> {
    const generation = await this.#directory.nextGeneration();
    const encoder = new StateEncoder(this.#codec);
    const database = await StateDatabase.create(this.#directory.generationPath(generation), encoder);
    this.#use(database, EMPTY);
    await this.#directory.switchTo(generation);
    await this.#directory.endOpening();
    return { records: [], applied: EMPTY.applied, setAside };
  }

  #use(database: StateDatabase, mark: StateMark): void {
    this.#database = database;
    this.#encoder = database.encoder;
    this.#mark = mark;
  }

  /** `describe` runs at once: what it encodes must follow what was encoded before. */
  #enqueue(describe: () => Work): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) {
        reject(this.#failure);
        return;
      }
      assert(this.#database !== undefined, 'the state is open');
      try {
        this.#jobs.push({ work: describe(), resolve, reject });
      } catch (error) {
        // A part of it may be in the checksum: what follows cannot be stored any more.
        this.#fail(error);
        reject(error);
        return;
      }
      this.#working ??= this.#work();
    });
  }

  async #work(): Promise<void> {
    for (;;) {
      const jobs = this.#nextJobs();
      const [first] = jobs;
      if (first === undefined) break;
      try {
        await this.#perform(first.work, jobs);
        for (const { resolve } of jobs) resolve();
      } catch (error) {
        this.#fail(error);
        for (const { reject } of jobs) reject(this.#failure);
      }
    }
    this.#working = undefined;
  }

  /** The next one, or all the writes that come next. */
  #nextJobs(): readonly Job[] {
    const other = this.#jobs.findIndex(({ work }) => work.kind !== 'write');
    const writes = Math.min(other < 0 ? this.#jobs.length : other, MERGED_WRITES_MAX);
    return this.#jobs.splice(0, Math.max(writes, 1));
  }

  async #perform(work: Work, jobs: readonly Job[]): Promise<void> {
    const database = present(this.#database, 'the state is open');
    switch (work.kind) {
      case 'write':
        await database.write(jobs.flatMap((job) => (job.work.kind === 'write' ? [job.work.batch] : [])));
        return;
      case 'sync':
        await database.sync(work.mark);
        return;
      case 'replace':
        await this.#replace(database, work.batches, work.encoder);
        return;
      default:
        unreachable(work);
    }
  }

  async #replace(old: StateDatabase, batches: readonly StateBatch[], encoder: StateEncoder): Promise<void> {
    const generation = await this.#directory.nextGeneration();
    const fresh = await StateDatabase.create(this.#directory.generationPath(generation), encoder);
    try {
      for (const batch of batches) await fresh.write([batch]);
      await fresh.sync(present(batches.at(-1), 'a state has a last batch').mark);
    } catch (error) {
      await fresh.close();
      throw error;
    }
    this.#database = fresh;
    await old.close();
    await this.#directory.switchTo(generation);
  }

  #fail(error: unknown): void {
    this.#failure ??=
      error instanceof InvariantError ? error : diskError(error, `writing the state in ${this.#path}`);
    for (const { reject } of this.#jobs.splice(0)) reject(this.#failure);
  }
}

function reasonOf(error: Error): string {
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
