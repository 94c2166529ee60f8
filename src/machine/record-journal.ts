import type { Kept } from './kept.ts';
import type { RecordPacker } from './record-packer.ts';
import type { RecordSpace } from './record-space.ts';
import type { Held } from './record-values.ts';

/** A change, and what stood there before. */
export interface SpaceChange {
  readonly space: RecordSpace;
  readonly key: string;
  readonly before: Held;
  /** It had changed already since changes were last taken. */
  readonly wasChanged: boolean;
}

/** What the spaces of a tree share: where each notes its changes. */
export interface Journal {
  /** About what all records take when stored. */
  bytes: number;
  /** Whether changes are noted, to be taken later. */
  tracked: boolean;
  /** Keys that changed since the changes were last taken… */
  changes: number;
  /** …and about how many bytes their values took, each time they were put. */
  changedBytes: number;
  /** Of the changes that are taken, and of what is loaded; see `Rounds`. */
  round: number;
  /** About so many records will be loaded. */
  expected: number;
  /** Since the savepoint, oldest first; undefined while there is none. */
  undo: SpaceChange[] | undefined;
  /** Without one, all values stay as they are. */
  readonly packer: RecordPacker | undefined;
  readonly kept: Kept;
}
