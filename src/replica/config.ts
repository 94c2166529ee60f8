import type { RaftConfig } from '../raft/config.ts';

/** Every limit of a replica. */
export interface ReplicaConfig {
  readonly raft: RaftConfig;
  /** The latest version that this node understands. */
  readonly protocol: number;
  /** Commands that wait for their entry to be applied. */
  readonly pendingCommandsMax: number;
  /** Queries that wait for their read index. */
  readonly pendingQueriesMax: number;
  readonly watchesMax: number;
  /** At most this many bytes of events are handed to one watch in one turn. */
  readonly watchBytesPerTurnMax: number;
  /** Commands that may grow the state are refused above this many bytes of records. */
  readonly stateBytesMax: number;
  /** A leader lets all nodes compare their states after this many ticks, if anything happened since… */
  readonly auditTicks: number;
  /** …each hashing at most about so many records a tick; a large one counts as several. */
  readonly auditRecordsPerTick: number;
  /** Changes of the state are stored after this many ticks at the latest… */
  readonly stateWriteTicks: number;
  /** …or when so many entries were applied: a restart replays as many at most. */
  readonly stateWriteEntriesMax: number;
  /** The log is compacted when it holds more than this many entries or bytes… */
  readonly logEntriesMax: number;
  readonly logBytesMax: number;
  /** …down to this many entries, kept for slow followers. */
  readonly logEntriesKept: number;
  /** Commands wait no longer than this takes to store: a state write has about so many changes at most… */
  readonly stateWriteChangesMax: number;
  /** …and about so many bytes. */
  readonly stateWriteBytesMax: number;
  /** So many records of each machine, asked for lately, are held as values besides; all are held as bytes. */
  readonly stateOpenRecordsMax: number;
  /** Bytes of records in one snapshot chunk; one record may exceed it alone. */
  readonly snapshotChunkBytes: number;
  /** At most this many chunks are on their way to one follower, or wait there for its disk; four times as many while nobody waits for a commit. */
  readonly snapshotWindowChunks: number;
  /** All snapshots that a leader sends take so many bytes of records a second; less while commits are late, more while nobody waits for any… */
  readonly snapshotBytesPerSecond: number;
  /** …and so many in one turn, again more while nobody waits, so that what clients and peers ask comes in between. */
  readonly snapshotBytesPerTurn: number;
  /** A chunk that got no answer is sent again after this many ticks. */
  readonly snapshotRetryTicks: number;
}
