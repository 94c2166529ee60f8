import { assert } from '../base/assert.ts';
import type { Codec } from '../base/codec.ts';
import type { Index } from '../base/flavor.ts';
import type { Random } from '../base/random.ts';
import type { RecordEntry } from '../machine/records.ts';
import type { Position } from '../raft/entry.ts';
import type { StageStep, StateReplacement, StateWrite } from '../replica/output.ts';
import type { Marks } from './marks.ts';

/** A whole new state on its way, or there already. */
interface Replacing {
  readonly records: readonly RecordEntry<unknown>[];
  readonly applied: Position;
  done: boolean;
}

type Step =
  | { readonly kind: 'write'; readonly write: StateWrite }
  | { readonly kind: 'replace'; readonly by: Replacing };

/** The stored state: batches in order, of which a crash can lose any number of the last ones not yet synced. */
export class StateDisk {
  #records = new Map<string, unknown>();
  #synced: Position = { index: 0, term: 0 };
  #steps: Step[] = [];
  /** A state that is put together beside the stored one, as it is encoded; no crash leaves it. */
  #stage = new Map<string, Uint8Array>();
  /** Counts the steps made durable, so that a sync can tell which ones it covers. */
  #foldedSteps = 0;

  /** What is stored, and would be there after a restart of the process alone. */
  get applied(): Position {
    const last = this.#steps.at(-1);
    if (last === undefined) return this.#synced;
    return last.kind === 'write' ? last.write.applied : last.by.applied;
  }

  /** The state that no crash can lose reflects the log up to here. */
  get syncedIndex(): Index {
    return this.#synced.index;
  }

  write(write: StateWrite): void {
    this.#steps.push({ kind: 'write', write });
  }

  stage(step: StageStep): void {
    if (step.kind === 'discard') {
      this.#stage.clear();
      return;
    }
    for (const { key, encoded } of step.changes) {
      if (encoded === undefined) this.#stage.delete(key);
      else this.#stage.set(key, encoded);
    }
  }

  /** What was staged takes the place of all; gives what to call once it is on stable storage. */
  replace({ applied }: StateReplacement, codec: Codec): () => void {
    const records = Array.from(this.#stage, ([key, encoded]) => [key, codec.decode(encoded)] as const);
    this.#stage.clear();
    const by: Replacing = { records, applied, done: false };
    this.#steps.push({ kind: 'replace', by });
    return () => {
      by.done = true;
      const at = this.#steps.findIndex((step) => step.kind === 'replace' && step.by === by);
      if (at >= 0) this.#fold(at + 1);
    };
  }

  /** What is to be synced now: hand it to `synced` when that is done. */
  startSync(): number {
    return this.#foldedSteps + this.#steps.length;
  }

  /** Everything that was stored when the sync began is durable. Gives the index it reflects. */
  synced(upTo: number): Index {
    this.#fold(Math.max(0, upTo - this.#foldedSteps));
    return this.#synced.index;
  }

  crash(random: Random, keepsAll: boolean, marks: Marks): void {
    let kept = keepsAll ? this.#steps.length : random.integer(0, this.#steps.length);
    const unfinished = this.#steps.findIndex((step) => step.kind === 'replace' && !step.by.done);
    if (unfinished >= 0) {
      // All of the old or all of the new; what was to follow a replacement waits for it.
      kept = random.chance(0.5) ? Math.min(kept, unfinished) : unfinished + 1;
      marks.count('crash while a snapshot was stored');
    }
    if (kept < this.#steps.length) marks.count('state batch lost in a crash');
    if (this.#stage.size > 0) marks.count('crash while a snapshot was staged');
    this.#fold(kept);
    this.#steps = [];
    this.#stage.clear();
  }

  /** The state is found damaged, and set aside. */
  lose(): void {
    assert(this.#steps.length === 0, 'a state is lost between crash and restart');
    this.#records = new Map();
    this.#synced = { index: 0, term: 0 };
  }

  /** In the order of their keys. */
  records(): readonly RecordEntry<unknown>[] {
    assert(this.#steps.length === 0, 'a state is read after a crash');
    return [...this.#records].sort(([a], [b]) => (a < b ? -1 : 1));
  }

  #fold(steps: number): void {
    for (const step of this.#steps.splice(0, steps)) {
      this.#foldedSteps++;
      if (step.kind === 'replace') {
        this.#records = new Map(step.by.records);
        this.#synced = step.by.applied;
        continue;
      }
      for (const { key, value } of step.write.changes) {
        if (value === undefined) this.#records.delete(key);
        else this.#records.set(key, value);
      }
      this.#synced = step.write.applied;
    }
  }
}
