import { setTimeout as sleep } from 'node:timers/promises';
import { assert, InvariantError, present, unreachable } from '../../base/assert.ts';
import type { Index } from '../../base/flavor.ts';
import { StoreError } from '../../base/errors.ts';
import type { Packing } from '../../machine/record-packer.ts';
import { RecordTree } from '../../machine/record-tree.ts';
import type { RecordChanges } from '../../machine/records.ts';
import type { Position } from '../../raft/entry.ts';
import type { StagedChange } from '../../replica/output.ts';
import type { DirectoryLock } from '../directory-lock.ts';
import { acquireDirectoryLock } from '../directory-lock.ts';
import { diskError, isDiskFull } from '../disk-error.ts';
import type { StateContents, StateStorage } from '../state-storage.ts';
import { isOutside } from './level-error.ts';
import { StateDatabase } from './state-database.ts';
import { StateDirectory } from './state-directory.ts';
import { advanced, EMPTY_MARK, type StateMark } from './state-mark.ts';

export interface LevelStateOptions {
  /** Of the state alone. */
  readonly directory: string;
  /** Of the records that are read; its codec is that of what is stored. */
  readonly packing: Packing;
  /** So many states that were not trusted are kept; 2 unless told. */
  readonly setAsideMax?: number;
  /** Why the state that is there is not to be used, if so. */
  readonly distrust?: string | undefined;
}

type Work =
  | { readonly kind: 'write'; readonly changes: RecordChanges; readonly applied: Position }
  | { readonly kind: 'sync' }
  | { readonly kind: 'stage'; readonly changes: readonly StagedChange[] }
  | { readonly kind: 'discard' }
  | { readonly kind: 'replace'; readonly applied: Position };

/** A database that is to take the place of the present one. */
interface Stage {
  readonly generation: number;
  readonly database: StateDatabase;
  /** Of what it has taken; its place is not known yet. */
  readonly mark: StateMark;
}

interface Job {
  readonly work: Work;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

type SetAside = StateContents['setAside'];

const SET_ASIDE_MAX = 2;
/** How often a full disk is tried again. */
const ROOM_RETRY_MS = 500;

/**
 * The state in LevelDB, which is fast, and not to be trusted: it does not check what it reads, and
 * can lose a part without a word. So each value bears a checksum, the whole another one that follows
 * every batch, and what does not check is set aside and built anew from the log or from a peer. Large
 * values lie in files beside it (`LargeValues`).
 *
 * Writes are not synced, and go one after the other. After a failure every call is rejected with the
 * same error.
 */
export class LevelState implements StateStorage {
  readonly #path: string;
  readonly #packing: Packing;
  readonly #directory: StateDirectory;
  readonly #distrust: string | undefined;
  #lock: DirectoryLock | undefined;
  #database: StateDatabase | undefined;
  #mark: StateMark = EMPTY_MARK;
  #stage: Stage | undefined;
  #jobs: Job[] = [];
  #working: Promise<void> | undefined;
  #failure: Error | undefined;
  #closing = false;
  #generation: number | undefined;

  constructor(options: LevelStateOptions) {
    this.#path = options.directory;
    this.#packing = options.packing;
    this.#distrust = options.distrust;
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

  write(changes: RecordChanges, applied: Position): Promise<void> {
    return this.#enqueue({ kind: 'write', changes, applied });
  }

  sync(): Promise<void> {
    return this.#enqueue({ kind: 'sync' });
  }

  stage(changes: readonly StagedChange[]): Promise<void> {
    return this.#enqueue({ kind: 'stage', changes });
  }

  discardStage(): Promise<void> {
    return this.#enqueue({ kind: 'discard' });
  }

  replace(applied: Position): Promise<void> {
    return this.#enqueue({ kind: 'replace', applied });
  }

  /** Waits for what was begun. What was not synced stays so. */
  async close(): Promise<void> {
    this.#closing = true;
    await this.#working;
    this.#failure ??= new StoreError('CLOSED', 'the state is closed');
    await this.#stage?.database.close();
    await this.#database?.close();
    this.#stage = undefined;
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
        const { contents, reason } =
          this.#distrust === undefined
            ? await this.#tryGeneration(current.generation)
            : { contents: undefined, reason: this.#distrust };
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
      database = await this.#openDatabase(generation);
      const tree = RecordTree.untracked(this.#packing);
      const mark = await database.read(tree);
      await database.sync(mark);
      await this.#directory.endOpening();
      this.#use(generation, database, mark);
      return { contents: { tree, applied: mark.applied, setAside: undefined }, reason: '' };
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
    const database = await this.#createDatabase(generation);
    this.#use(generation, database, EMPTY_MARK);
    await this.#directory.switchTo(generation);
    await this.#directory.endOpening();
    return { tree: RecordTree.untracked(this.#packing), applied: EMPTY_MARK.applied, setAside };
  }

  #use(generation: number, database: StateDatabase, mark: StateMark): void {
    this.#generation = generation;
    this.#database = database;
    this.#mark = mark;
  }

  #enqueue(work: Work): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) {
        reject(this.#failure);
        return;
      }
      assert(this.#generation !== undefined, 'the state is open');
      this.#jobs.push({ work, resolve, reject });
      this.#working ??= this.#work();
    });
  }

  async #work(): Promise<void> {
    for (let job = this.#jobs.shift(); job !== undefined; job = this.#jobs.shift()) {
      try {
        await this.#perform(job.work);
        job.resolve();
      } catch (error) {
        if (isDiskFull(error) && (await this.#waitForRoom(job.work))) {
          this.#jobs.unshift(job);
          continue;
        }
        // A part of it may be in the checksum: what follows cannot be stored any more.
        this.#fail(error);
        job.reject(error instanceof RangeError ? error : this.#failure);
      }
    }
    this.#working = undefined;
  }

  async #perform(work: Work): Promise<void> {
    const database = present(this.#database, 'the state is open');
    switch (work.kind) {
      case 'write':
        // After a shortage of room it may be there already.
        if (work.applied.index === this.#mark.applied.index) return;
        this.#mark = await database.write(work.changes, work.applied, this.#mark);
        return;
      case 'sync':
        await database.sync(this.#mark);
        return;
      case 'stage':
        await this.#addToStage(work.changes);
        return;
      case 'discard':
        await this.#discard();
        return;
      case 'replace':
        await this.#replace(database, work.applied);
        return;
      default:
        unreachable(work);
    }
  }

  async #staged(): Promise<Stage> {
    if (this.#stage !== undefined) return this.#stage;
    const generation = await this.#directory.nextGeneration();
    const database = await this.#createDatabase(generation);
    this.#stage = { generation, database, mark: EMPTY_MARK };
    return this.#stage;
  }

  async #addToStage(changes: readonly StagedChange[]): Promise<void> {
    const { generation, database, mark } = await this.#staged();
    await database.stage(changes);
    this.#stage = { generation, database, mark: advanced(mark, changes, mark.applied) };
  }

  async #discard(): Promise<void> {
    if (this.#stage === undefined) return;
    const { generation, database } = this.#stage;
    this.#stage = undefined;
    await database.close();
    await this.#directory.remove(generation);
  }

  /** Whether there is room again, and all is as before what failed, or as after it. */
  #waitForRoom(work: Work): Promise<boolean> {
    switch (work.kind) {
      case 'write':
        return this.#openAgain(work.applied.index);
      case 'sync':
        return this.#openAgain(this.#mark.applied.index);
      case 'stage':
      case 'replace':
        return this.#openStageAgain();
      case 'discard':
        return Promise.resolve(false);
      default:
        return unreachable(work);
    }
  }

  /**
   * LevelDB takes nothing more after an error. So it is opened anew when the disk has room again. False
   * if it does not hold exactly what was written before, or with, what failed; or when the state is closed.
   *
   * @param last what it reflects if the last write got through
   */
  async #openAgain(last: Index): Promise<boolean> {
    const generation = present(this.#generation, 'the state is open');
    const before = this.#mark.applied.index;
    await this.#database?.close().catch(() => undefined);
    this.#database = undefined;
    return this.#whenRoom(async () => {
      let database: StateDatabase | undefined;
      try {
        database = await this.#openDatabase(generation);
        const mark = await database.read(RecordTree.untracked(this.#packing));
        await database.sync(mark);
        this.#use(generation, database, mark);
        return mark.applied.index === before || mark.applied.index === last;
      } catch (error) {
        await database?.close().catch(() => undefined);
        throw error;
      }
    });
  }

  /** The same for the database that is being put together: it has what it took, and the rest is put again. */
  async #openStageAgain(): Promise<boolean> {
    const stage = this.#stage;
    await stage?.database.close().catch(() => undefined);
    return this.#whenRoom(async () => {
      if (stage === undefined) {
        await this.#directory.removeOthers(present(this.#generation, 'the state is open'));
      } else {
        const { generation, mark } = stage;
        this.#stage = { generation, database: await this.#openDatabase(generation), mark };
      }
      return true;
    });
  }

  #createDatabase(generation: number): Promise<StateDatabase> {
    return StateDatabase.create(this.#directory.generationPath(generation), this.#packing.codec);
  }

  #openDatabase(generation: number): Promise<StateDatabase> {
    return StateDatabase.open(this.#directory.generationPath(generation), this.#packing.codec);
  }

  /** Tries until it does not fail for lack of room. False if it fails for another reason, or the state is closed. */
  async #whenRoom(attempt: () => Promise<boolean>): Promise<boolean> {
    while (!this.#closing) {
      await sleep(ROOM_RETRY_MS, undefined, { ref: false });
      try {
        return await attempt();
      } catch (error) {
        if (!isOutside(error)) return false;
      }
    }
    return false;
  }

  async #replace(old: StateDatabase, applied: Position): Promise<void> {
    const { generation, database: fresh, mark: staged } = await this.#staged();
    const mark = { ...staged, applied };
    await fresh.sync(mark);
    // From here on it is the present one, which is closed with the rest whatever fails.
    this.#stage = undefined;
    this.#use(generation, fresh, mark);
    // It is not needed any more, whatever becomes of it.
    await old.close().catch(() => undefined);
    try {
      await this.#directory.switchTo(generation);
    } catch (error) {
      // Nothing is staged any more: only this step may be made again.
      const isSwitched =
        isDiskFull(error) &&
        (await this.#whenRoom(() => this.#directory.switchTo(generation).then(() => true)));
      if (!isSwitched) throw error;
    }
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
