import { assert } from '../base/assert.ts';
import type { ByteRange } from '../base/byte-range.ts';
import type { Index } from '../base/flavor.ts';
import type { Random } from '../base/random.ts';
import { Slab } from '../base/slab.ts';
import type { Packing } from '../machine/record-packer.ts';
import { RecordTree } from '../machine/record-tree.ts';
import type { Position } from '../raft/entry.ts';
import type { StageStep, StateReplacement, StateWrite } from '../replica/output.ts';
import { msgpackCodec } from '../wire/msgpack-codec.ts';
import { deepEqual, holdsBytes } from './deep-equal.ts';
import type { Marks } from './marks.ts';
import { claim } from './violation.ts';

const NAME = 'a record takes the place of what is stored';
const ROUND = 'a round stores every record again';

interface Stored {
  /** As the codec wrote it. */
  readonly encoded: Uint8Array;
  readonly bytes: number;
  readonly stamp: number;
  /** The step that stored it last. */
  readonly step: number;
}

/** A whole new state on its way, or there already. */
interface Replacing {
  readonly records: ReadonlyMap<string, Stored>;
  readonly applied: Position;
  done: boolean;
}

type Step =
  | { readonly kind: 'write'; readonly write: StateWrite }
  | { readonly kind: 'replace'; readonly by: Replacing };

/** The stored state: batches in order, of which a crash can lose any number of the last ones not yet synced. */
export class StateDisk {
  #records = new Map<string, Stored>();
  #synced: Position = { index: 0, term: 0 };
  #steps: Step[] = [];
  /** A state that is put together beside the stored one, as it is encoded; no crash leaves it. */
  #stage = new Map<string, Stored>();
  /** Counts the steps made durable, so that a sync can tell which ones it covers. */
  #foldedSteps = 0;
  /** With which the present round began; see `Rounds`. */
  #roundStep = 0;
  readonly #copies = new Slab();

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
    for (const { key, encoded, bytes, stamp, stampBefore } of step.changes) {
      const found = this.#stage.get(key)?.stamp ?? 0;
      claim(found === stampBefore, NAME, () => `${key} bears the stamp ${found} instead of ${stampBefore}`);
      if (encoded === undefined) this.#stage.delete(key);
      else this.#stage.set(key, { encoded, bytes, stamp, step: 0 });
    }
  }

  /** What was staged takes the place of all; gives what to call once it is on stable storage. */
  replace({ applied }: StateReplacement): () => void {
    const records = this.#stage;
    this.#stage = new Map();
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

  /** All of it passes through the codec, as it does on a real disk. */
  read(packing: Packing): RecordTree {
    assert(this.#steps.length === 0, 'a state is read after a crash');
    const tree = RecordTree.untracked(packing);
    for (const [key, { encoded, bytes, stamp, step }] of this.#records) {
      tree.loads(step >= this.#roundStep);
      tree.load(key, encoded, bytes, stamp);
    }
    return tree;
  }

  #fold(steps: number): void {
    for (const step of this.#steps.splice(0, steps)) {
      this.#foldedSteps++;
      if (step.kind === 'replace') {
        this.#roundStep = this.#foldedSteps;
        this.#records = new Map(
          Array.from(step.by.records, ([key, record]) => [key, { ...record, step: this.#roundStep }]),
        );
        this.#synced = step.by.applied;
        continue;
      }
      if (step.write.changes.beginsRound === true) this.#beginRound();
      for (const change of step.write.changes) {
        const { key, bytes, stamp, stampBefore } = change;
        const before = this.#records.get(key);
        const found = before?.stamp ?? 0;
        claim(found === stampBefore, NAME, () => `${key} bears the stamp ${found} instead of ${stampBefore}`);
        if (stamp === 0) {
          this.#records.delete(key);
          continue;
        }
        const range = change.encoded(msgpackCodec);
        if (before !== undefined && stamp === stampBefore)
          claim(isSame(before.encoded, range), ROUND, () => `${key} is not what was stored`);
        const encoded = this.#copies.copy(range.bytes.subarray(range.from, range.to));
        this.#records.set(key, { encoded, bytes, stamp, step: this.#foldedSteps });
      }
      step.write.changes.close();
      this.#synced = step.write.applied;
    }
  }

  /** A real disk forgets now what was stored before the last round. */
  #beginRound(): void {
    for (const [key, { step }] of this.#records) {
      claim(
        step >= this.#roundStep,
        ROUND,
        () => `${key} was stored with step ${step}, before step ${this.#roundStep}`,
      );
    }
    this.#roundStep = this.#foldedSteps;
  }
}

/** What is the same in other bytes is the same too. */
function isSame(before: Uint8Array, range: ByteRange): boolean {
  if (holdsBytes(range, before)) return true;
  const now = range.bytes.subarray(range.from, range.to);
  return deepEqual(msgpackCodec.decode(before), msgpackCodec.decode(now));
}
