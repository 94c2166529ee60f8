/**
 * The events of the last revisions, kept as records: so every node has them, a snapshot carries
 * them, and a watch resumes at any node. One record holds all events of one revision.
 */
import { assert } from '../base/assert.ts';
import type { Revision } from '../base/flavor.ts';
import { orderedKey } from './binary-string.ts';
import type { StoreEvent } from './command.ts';
import { HISTORY_BYTES_MAX, HISTORY_REVISIONS_MAX } from './limits.ts';
import type { MachineEvent } from './machine.ts';
import type { RecordSpace } from './record-space.ts';
import type { ReadSpaces, RecordTree } from './record-tree.ts';
import { readRootState, type RootState } from './root-state.ts';
import { sizeOf } from './size-of.ts';

/** The machine, and its events as arrays, which take less space than objects. */
type HistoryRecord = readonly [machine: string, events: readonly EventRecord[]];
type EventRecord = readonly [kind: string, key: string, value: unknown];

/** How much history is kept. Other than the defaults only in tests. */
export interface HistoryLimits {
  readonly revisionsMax: number;
  readonly bytesMax: number;
}

export const DEFAULT_HISTORY_LIMITS: HistoryLimits = {
  revisionsMax: HISTORY_REVISIONS_MAX,
  bytesMax: HISTORY_BYTES_MAX,
};

const SPACE = 'history';

/** Gives the events the next revision, stores them, and forgets the oldest ones beyond the limits. */
export function appendHistory(
  tree: RecordTree,
  state: RootState,
  machine: string,
  events: readonly MachineEvent[],
  limits: HistoryLimits = DEFAULT_HISTORY_LIMITS,
): RootState {
  assert(events.length > 0, 'a revision has events');
  const revision = state.revision + 1;
  const record: HistoryRecord = [machine, events.map(({ kind, key, value }) => [kind, key, value])];
  const records = tree.space(SPACE);
  const key = orderedKey(revision);
  records.put(key, record);
  const historyBytes = state.historyBytes + records.bytesOf(key);
  return trimmed(records, state, revision, historyBytes, limits);
}

/**
 * The events from a revision on, in order, whole revisions only, about `bytesMax` of them; at least
 * one revision if there is one. The revision must not be compacted.
 */
export function eventsFrom(
  spaces: ReadSpaces,
  fromRevision: Revision,
  bytesMax: number,
): readonly StoreEvent[] {
  assert(fromRevision > readRootState(spaces).compactedRevision, 'the events asked for are kept');
  const found: StoreEvent[] = [];
  let revision = fromRevision;
  let bytes = 0;
  for (const [, record] of spaces.space(SPACE).range<HistoryRecord>(orderedKey(fromRevision), undefined)) {
    bytes += sizeOf(record);
    if (found.length > 0 && bytes > bytesMax) break;
    const [machine, events] = record;
    for (const [kind, key, value] of events) found.push({ revision, machine, kind, key, value });
    revision++;
  }
  return found;
}

/** The state at that revision, whose history takes that many bytes before the oldest is forgotten. */
function trimmed(
  records: RecordSpace,
  { index, timeMs, compactedRevision: compacted }: RootState,
  revision: Revision,
  bytes: number,
  limits: HistoryLimits,
): RootState {
  let compactedRevision = compacted;
  let historyBytes = bytes;
  while (revision - compactedRevision > limits.revisionsMax || historyBytes > limits.bytesMax) {
    compactedRevision++;
    const key = orderedKey(compactedRevision);
    historyBytes -= records.bytesOf(key);
    assert(records.delete(key), 'every kept revision has its record');
  }
  assert(historyBytes >= 0, 'the size of the history is that of its records');
  return { index, timeMs, revision, compactedRevision, historyBytes };
}
