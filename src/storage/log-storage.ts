import type { Entry, HardState, Position } from '../raft/entry.ts';
import type { DamagedLog } from '../raft/repair.ts';
import type { LogWrite } from '../raft/ready.ts';
import type { Index } from '../base/flavor.ts';

/** Entries that were on stable storage, and cannot be read any more. */
export interface LogDamage extends DamagedLog {
  /** The first that is lacking: one behind the last of `LogContents.entries`. */
  readonly first: Index;
  /** What is damaged, and where: file, offset. */
  readonly what: string;
}

/** What the log holds when it is opened. */
export interface LogContents {
  readonly hardState: HardState;
  /** The place before the first entry. */
  readonly base: Position;
  /** Those that follow it without a gap. */
  readonly entries: readonly Entry[];
  /** Absent from a log that is whole. */
  readonly damage?: LogDamage;
}

/**
 * A node's log, on its disk: entries, term and vote.
 *
 * @throws StoreError LOG_CORRUPT (names file and offset), DISK_FULL, DISK_FAILED, DIRECTORY_LOCKED
 */
export interface LogStorage {
  /**
   * Opens or creates it. A torn tail, which nobody was promised, is cut; entries that were promised and
   * are damaged are told. Where the term and the vote are lost it is the error LOG_CORRUPT.
   */
  open(): Promise<LogContents>;
  /**
   * Makes one write durable. Calls may overlap: they take effect in the order of the calls, and
   * each promise settles once its write is on stable storage. After a rejection the log takes no more.
   */
  write(write: LogWrite): Promise<void>;
  /** The disk has no room: writes wait until it has. */
  readonly isFull: boolean;
  close(): Promise<void>;
}
