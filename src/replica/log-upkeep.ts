import type { Index } from '../base/flavor.ts';
import type { Raft } from '../raft/raft.ts';
import { compactionPoint, type LogSize, needsCompaction } from './compaction.ts';
import type { ReplicaConfig } from './config.ts';
import type { Snapshots } from './snapshots.ts';

/** Keeps the log short: what it holds may go once the state that reflects it is on stable storage. */
export class LogUpkeep {
  readonly #config: ReplicaConfig;
  readonly #raft: Raft;
  readonly #snapshots: Snapshots;
  #syncing = false;

  constructor(config: ReplicaConfig, raft: Raft, snapshots: Snapshots) {
    this.#config = config;
    this.#raft = raft;
    this.#snapshots = snapshots;
  }

  /** Whether the state is to be brought to stable storage now: the log is to be compacted, and that would make it shorter. */
  startSync(applied: Index): boolean {
    if (this.#syncing || !needsCompaction(this.#size, this.#config)) return false;
    if (this.#compactionPoint(applied) < this.#raft.firstIndex) return false;
    this.#syncing = true;
    return true;
  }

  /** The state up to `index` is on stable storage. */
  synced(index: Index): void {
    this.#syncing = false;
    const to = this.#compactionPoint(index);
    if (to >= this.#raft.firstIndex) this.#raft.compact(to);
  }

  #compactionPoint(synced: Index): Index {
    return compactionPoint(this.#size, synced, this.#snapshots.holdBack, this.#config);
  }

  get #size(): LogSize {
    const { firstIndex, logEntries, logBytes } = this.#raft;
    return { firstIndex, entries: logEntries, bytes: logBytes };
  }
}
