import type { Index, Revision } from '../base/flavor.ts';
import type { Draft } from './draft.ts';
import { RecordSpace } from './record-space.ts';
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

/** Zeros for an empty store. What is put off stays so. */
export function readRootState(spaces: ReadSpaces): RootState {
  const records = spaces.space(SPACE);
  if (records instanceof RecordSpace && records.draft instanceof RootDraft) return records.draft.state;
  return records.get<RootState>(KEY) ?? EMPTY;
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
