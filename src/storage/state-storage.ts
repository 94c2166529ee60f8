import type { RecordTree } from '../machine/record-tree.ts';
import type { RecordChanges } from '../machine/records.ts';
import type { Position } from '../raft/entry.ts';
import type { StagedChange } from '../replica/output.ts';

export interface StateContents {
  /** Its records; nobody notes changes of it yet. */
  readonly tree: RecordTree;
  /** The entry that it reflects; index 0 for an empty state. */
  readonly applied: Position;
  /** Why an earlier state was set aside, and where it is kept; undefined if it was sound or there was none. */
  readonly setAside: { readonly reason: string; readonly directory: string } | undefined;
}

/**
 * A node's state on its disk: a cache of the log that can be rebuilt.
 *
 * @throws StoreError DISK_FULL, DISK_FAILED
 */
export interface StateStorage {
  /** Opens or creates it and reads all of it. A state that does not open or does not check is set aside. */
  open(): Promise<StateContents>;
  /**
   * One atomic batch; may be lost by a power cut until `sync`. Calls may overlap and take effect in
   * order. The changes are walked bit by bit, and must stay as they are until then.
   */
  write(changes: RecordChanges, applied: Position): Promise<void>;
  /** Everything written so far is on stable storage when this settles. */
  sync(): Promise<void>;
  /** Puts another state together, beside the present one; it begins empty, and is gone after a restart. */
  stage(changes: readonly StagedChange[]): Promise<void>;
  /** What was staged is not wanted any more. */
  discardStage(): Promise<void>;
  /**
   * What was staged takes the place of everything; a crash at any moment leaves all of the old or
   * all of the new. Durable when it settles.
   */
  replace(applied: Position): Promise<void>;
  close(): Promise<void>;
}
