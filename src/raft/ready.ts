import type { Index, NodeId } from '../base/flavor.ts';
import type { Configuration } from './configuration.ts';
import type { Entry, HardState, Position } from './entry.ts';
import type { Message, SnapshotRequest, SnapshotResponse } from './message.ts';

/**
 * What must go to the disk, as one write, in the order of the fields. Writes complete in the order
 * of their ids; `Raft.written(id)` tells that one is on stable storage.
 */
export interface LogWrite {
  /** 1, 2, 3, … without a gap. */
  readonly id: number;
  readonly hardState?: HardState;
  /** The log now begins behind this place; all entries that were there are void (a snapshot was installed). */
  readonly reset?: Position;
  /** All entries from here on are void: a new leader had others (Raft paper, section 5.3). */
  readonly truncateFrom?: Index;
  /** They follow what is left. */
  readonly entries: readonly Entry[];
  /**
   * The log is damaged, and this write repairs a part of it: its entries go where some are lacking,
   * its reset voids only what is before it, and everything behind stays as it is (see repair.ts).
   */
  readonly fills?: true;
  /** Entries up to here are in the state, on disk: their space may be used again. */
  readonly compactTo?: Index;
}

/** Reads that may be answered once everything up to `index` is applied (thesis, section 6.4). */
export interface ReadyRead {
  readonly id: number;
  readonly index: Index;
}

/** Everything that Raft wants done since it was last asked. */
export interface Ready {
  readonly write: LogWrite | undefined;
  /** May leave at once: what had to wait for the disk has waited. */
  readonly send: readonly Message[];
  /** Committed, in order, each exactly once, and on this node's own disk. */
  readonly committed: readonly Entry[];
  readonly reads: readonly ReadyRead[];
  /** Reads that will not be answered here: leadership was lost. */
  readonly abortedReads: readonly number[];
  /** Followers whose next entry is compacted away: send them the state. */
  readonly snapshotsWanted: readonly NodeId[];
  /** Chunks from the present leader, of a snapshot that this node lacks. */
  readonly snapshotChunks: readonly SnapshotRequest[];
  /** Answers to chunks that this leader sent in this term. */
  readonly snapshotResponses: readonly SnapshotResponse[];
  /** The configuration that counts, if it is another one than before: to be talked to are its members. */
  readonly configuration: Configuration | undefined;
}
