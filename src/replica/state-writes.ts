import type { RecordTree } from '../machine/record-tree.ts';
import type { Index } from '../base/flavor.ts';
import type { Position } from '../raft/entry.ts';
import type { ReplicaConfig } from './config.ts';
import type { StateWrite } from './output.ts';

type StateWriteLimits = Pick<
  ReplicaConfig,
  'stateWriteTicks' | 'stateWriteEntriesMax' | 'stateWriteChangesMax' | 'stateWriteBytesMax'
>;

/**
 * Decides when the state goes to its storage. The log can replay it, so there is no hurry, and much
 * to gain by waiting: a record that changed a hundred times is written once, and a reply that a
 * client has fetched meanwhile not at all.
 */
export class StateWrites {
  readonly #config: StateWriteLimits;
  #ticks = 0;
  /** The last entry that is stored, or on its way there. */
  #written: Position;

  constructor(config: StateWriteLimits, stored: Position) {
    this.#config = config;
    this.#written = stored;
  }

  tick(): void {
    this.#ticks++;
  }

  /** All that changed, if it is time to write it, or `now` asks for it. */
  take(tree: RecordTree, applied: Position, now: boolean): StateWrite | undefined {
    if (applied.index === this.#written.index) return undefined;
    if (!now && !this.#isDue(tree, applied)) return undefined;
    this.#ticks = 0;
    this.#written = applied;
    return { changes: tree.takeForStorage(applied.index), applied };
  }

  #isDue(tree: RecordTree, applied: Position): boolean {
    const limits = this.#config;
    return (
      this.#ticks >= limits.stateWriteTicks ||
      applied.index - this.#written.index >= limits.stateWriteEntriesMax ||
      tree.changes >= limits.stateWriteChangesMax ||
      tree.changedBytes >= limits.stateWriteBytesMax
    );
  }

  /** All before it is stored, or on its way there. */
  get writtenIndex(): Index {
    return this.#written.index;
  }

  /** A snapshot takes the place of all that was stored. */
  replaced(applied: Position): void {
    this.#written = applied;
  }
}
