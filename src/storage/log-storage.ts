import type { Entry, HardState, Position } from '../raft/entry.ts';
import type { LogWrite } from '../raft/ready.ts';

/** What the log holds when it is opened. */
export interface LogContents {
  readonly hardState: HardState;
  /** The place before the first entry. */
  readonly base: Position;
  readonly entries: readonly Entry[];
}

/**
 * A node's log, on its disk: entries, term and vote.
 *
 * @throws StoreError LOG_CORRUPT (names file and offset), DISK_FULL, DISK_FAILED, DIRECTORY_LOCKED
 */
export interface LogStorage {
  /** Opens or creates it. A torn tail, which nobody was promised, is cut; any other damage is an error. */
  open(): Promise<LogContents>;
  /**
   * Makes one write durable. Calls may overlap: they take effect in the order of the calls, and
   * each promise settles once its write is on stable storage. After a rejection the log takes no more.
   */
  write(write: LogWrite): Promise<void>;
  close(): Promise<void>;
}
