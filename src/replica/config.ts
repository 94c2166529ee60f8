import type { RaftConfig } from '../raft/config.ts';

/** Every limit of a replica. */
export interface ReplicaConfig {
  readonly raft: RaftConfig;
  /** Commands that wait for their entry to be applied. */
  readonly pendingCommandsMax: number;
  /** Queries that wait for their read index. */
  readonly pendingQueriesMax: number;
  readonly watchesMax: number;
  /** At most this many bytes of events are handed to one watch in one turn. */
  readonly watchBytesPerTurnMax: number;
  /** Commands that may grow the state are refused above this many bytes of records. */
  readonly stateBytesMax: number;
  /** Changes of the state are stored after this many ticks at the latest… */
  readonly stateWriteTicks: number;
  /** …or when so many entries were applied: a restart replays as many at most. */
  readonly stateWriteEntriesMax: number;
  /** The log is compacted when it holds more than this many entries or bytes… */
  readonly logEntriesMax: number;
  readonly logBytesMax: number;
  /** …down to this many entries, kept for slow followers. */
  readonly logEntriesKept: number;
  /** Bytes of records in one snapshot chunk; one record may exceed it alone. */
  readonly snapshotChunkBytes: number;
  /** A chunk that got no answer is sent again after this many ticks. */
  readonly snapshotRetryTicks: number;
}
