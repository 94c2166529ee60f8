import type { Index, Revision } from '../base/flavor.ts';
import type { ReadSpaces, RecordTree } from './record-tree.ts';

/** What the root knows beside its machines: one record. */
export interface RootState {
  /** Of the last command that was applied. */
  readonly index: Index;
  /** Log time of the last command, ms. */
  readonly timeMs: number;
  /** Counts the commands and expirations that changed something that watchers can see. */
  readonly revision: Revision;
  /** Events up to this revision are no longer kept. */
  readonly compactedRevision: Revision;
  /** Of the events that are kept. */
  readonly historyBytes: number;
}

const SPACE = 'root';
const KEY = 'state';

const EMPTY: RootState = { index: 0, timeMs: 0, revision: 0, compactedRevision: 0, historyBytes: 0 };

/** Zeros for an empty store. */
export function readRootState(spaces: ReadSpaces): RootState {
  return spaces.space(SPACE).get<RootState>(KEY) ?? EMPTY;
}

export function writeRootState(tree: RecordTree, state: RootState): void {
  tree.space(SPACE).put(KEY, state);
}
