import type { RecordTree } from '../machine/record-tree.ts';
import type { Configuration } from '../raft/configuration.ts';
import type { Entry, HardState, Position } from '../raft/entry.ts';
import type { DamagedLog } from '../raft/repair.ts';

/** What a node finds on its disk when it starts. An empty disk: term 0, no vote, everything at 0. */
export interface Restored {
  readonly hardState: HardState;
  /** The place before the first entry of the log. */
  readonly base: Position;
  /** The log, from `base.index + 1` on, without a gap. */
  readonly entries: readonly Entry[];
  /** Entries behind these are lost; absent if none are. */
  readonly damage?: DamagedLog;
  /** The state, as of `applied`: an entry of the log, or its base, or below the base if the state was lost. */
  readonly tree: RecordTree;
  readonly applied: Position;
  /** What the node was told when it was set up: it holds until the log, or the records, know better. */
  readonly configuration: Configuration;
}
