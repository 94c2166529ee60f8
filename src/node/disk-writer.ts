import { assert } from '../base/assert.ts';
import type { Position } from '../raft/entry.ts';
import type { LogWrite } from '../raft/ready.ts';
import type { Staged, StateSynced, Written } from '../replica/input.ts';
import type { Output, StageStep, StateReplacement, StateWrite } from '../replica/output.ts';
import type { LogStorage } from '../storage/log-storage.ts';
import type { StateStorage } from '../storage/state-storage.ts';

type StateTask =
  | { readonly kind: 'write'; readonly write: StateWrite }
  | { readonly kind: 'replace'; readonly replacement: StateReplacement; readonly done: () => void }
  | { readonly kind: 'stage'; readonly step: StageStep }
  | { readonly kind: 'sync' };

/** What a node that stops has still to write. */
export interface LastWrites {
  takeState(): StateWrite | undefined;
  /** Asked once that is on stable storage. */
  compactLog(): LogWrite | undefined;
}

export interface DiskWriterOptions {
  readonly log: LogStorage;
  readonly state: StateStorage;
  /** What the stored state reflects. */
  readonly applied: Position;
  readonly onInput: (input: Written | Staged | StateSynced) => void;
  /** Told once; nothing is written after it. */
  readonly onFailure: (error: unknown) => void;
}

/**
 * Carries out what turns want written. Log writes overlap; the state is written by one task at a
 * time. A log write of a turn that replaces the state
 * begins only when the new state is on stable storage, and so do all log writes after it.
 */
export class DiskWriter {
  readonly #options: DiskWriterOptions;
  readonly #tasks: StateTask[] = [];
  readonly #settled: (() => void)[] = [];
  /** Log writes begin once this is fulfilled, at once if there is none; never, after a failure. */
  #gate: Promise<unknown> | undefined;
  #logWrites = 0;
  #stateChanges = 0;
  #working = false;
  #failed = false;
  /** What the state reflects once all tasks are done… */
  #applied: Position;
  /** …and what it reflects by now. */
  #stored: Position;

  constructor(options: DiskWriterOptions) {
    this.#options = options;
    this.#applied = options.applied;
    this.#stored = options.applied;
  }

  /** Log writes on their way. */
  get logWrites(): number {
    return this.#logWrites;
  }

  /** Changes of the state on their way. */
  get stateChanges(): number {
    return this.#stateChanges;
  }

  execute({ stage, replaceState, write, state, syncState }: Output): void {
    for (const step of stage) this.#enqueue({ kind: 'stage', step });
    if (replaceState !== undefined) this.#replace(replaceState);
    if (write !== undefined) this.#writeLog(write);
    if (state !== undefined) this.#writeState(state);
    if (syncState) this.#enqueue({ kind: 'sync' });
  }

  /** Fulfilled when nothing is on its way, or after a failure. */
  async settle(): Promise<void> {
    while (!this.#idle) await new Promise<void>((resolve) => this.#settled.push(resolve));
  }

  /** For a node that stops: brings all that is on its way to stable storage, then what is asked for then. */
  async finish(last: LastWrites): Promise<void> {
    await this.settle();
    if (this.#failed) return;
    const state = last.takeState();
    if (state !== undefined) this.#writeState(state);
    this.#enqueue({ kind: 'sync' });
    await this.settle();
    if (this.#failed) return;
    const log = last.compactLog();
    if (log !== undefined) this.#writeLog(log);
    await this.settle();
  }

  get #idle(): boolean {
    return this.#failed || (this.#logWrites === 0 && this.#tasks.length === 0 && !this.#working);
  }

  #replace(replacement: StateReplacement): void {
    this.#applied = replacement.applied;
    const replaced = new Promise<void>((done) => this.#enqueue({ kind: 'replace', replacement, done }));
    const gate = Promise.all([this.#gate, replaced]);
    this.#gate = gate;
    void gate.then(() => {
      if (this.#gate === gate) this.#gate = undefined;
    });
  }

  #writeLog(write: LogWrite): void {
    this.#logWrites++;
    if (this.#gate === undefined) void this.#writeLogNow(write);
    else void this.#gate.then(() => this.#writeLogNow(write));
  }

  async #writeLogNow(write: LogWrite): Promise<void> {
    if (this.#failed) return;
    try {
      await this.#options.log.write(write);
    } catch (error) {
      return this.#fail(error);
    }
    this.#logWrites--;
    this.#options.onInput({ kind: 'written', write: write.id });
    this.#tellSettled();
  }

  #writeState(write: StateWrite): void {
    assert(write.applied.index > this.#applied.index, 'state writes move forward');
    this.#applied = write.applied;
    this.#stateChanges += write.changes.length;
    this.#enqueue({ kind: 'write', write });
  }

  #enqueue(task: StateTask): void {
    this.#tasks.push(task);
    if (!this.#working) void this.#work();
  }

  async #work(): Promise<void> {
    this.#working = true;
    try {
      for (let task = this.#tasks.shift(); task !== undefined && !this.#failed; task = this.#tasks.shift()) {
        await this.#perform(task);
      }
    } catch (error) {
      this.#fail(error);
    }
    this.#working = false;
    this.#tellSettled();
  }

  async #perform(task: StateTask): Promise<void> {
    const { state, onInput } = this.#options;
    switch (task.kind) {
      case 'write':
        await state.write(task.write.changes, task.write.applied);
        task.write.changes.close();
        this.#stateChanges -= task.write.changes.length;
        this.#stored = task.write.applied;
        return;
      case 'replace':
        await state.replace(task.replacement.applied);
        this.#stored = task.replacement.applied;
        return task.done();
      case 'stage':
        return this.#stage(task.step);
      default:
        await state.sync();
        return onInput({ kind: 'state-synced', index: this.#stored.index });
    }
  }

  async #stage(step: StageStep): Promise<void> {
    const { state, onInput } = this.#options;
    if (step.kind === 'discard') return state.discardStage();
    await state.stage(step.changes);
    onInput({ kind: 'staged', id: step.id });
  }

  #fail(error: unknown): void {
    if (this.#failed) return;
    this.#failed = true;
    this.#options.onFailure(error);
    this.#tellSettled();
  }

  #tellSettled(): void {
    if (!this.#idle) return;
    for (const settled of this.#settled.splice(0)) settled();
  }
}
