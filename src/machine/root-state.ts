import type { Index, Revision } from '../base/flavor.ts';
import type { Draft } from './draft.ts';
import type { RecordSpace } from './record-space.ts';
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

/** The same for the next command: what is put off may stay so. */
export function lastRootState(tree: RecordTree): RootState {
  const { draft } = tree.space(SPACE);
  return draft instanceof RootDraft ? draft.state : readRootState(tree);
}

/** Put off until somebody looks: it changes with every command. */
export function writeRootState(tree: RecordTree, state: RootState): void {
  const records = tree.space(SPACE);
  if (records.draft instanceof RootDraft) records.draft.state = state;
  else records.postpone(new RootDraft(records, state));
}

class RootDraft implements Draft {
  state: RootState;
  readonly #records: RecordSpace;

  constructor(records: RecordSpace, state: RootState) {
    this.#records = records;
    this.state = state;
  }

  settle(): void {
    this.#records.put(KEY, this.state);
  }
}
