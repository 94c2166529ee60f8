/**
 * The events of the last revisions, kept as records: so every node has them, a snapshot carries
 * them, and a watch resumes at any node. One record holds all events of a few revisions in a row,
 * under the first of them.
 */
import { assert, present } from '../base/assert.ts';
import type { Revision } from '../base/flavor.ts';
import { fromOrderedKey, isBinary, orderedKey } from './binary-string.ts';
import type { StoreEvent } from './command.ts';
import type { Draft } from './draft.ts';
import { HISTORY_BYTES_MAX, HISTORY_REVISIONS_MAX } from './limits.ts';
import type { MachineEvent } from './machine.ts';
import { PlainnessError } from './plainness-error.ts';
import { RecordSpace } from './record-space.ts';
import type { ReadSpaces, RecordTree } from './record-tree.ts';
import type { ReadRecords } from './records.ts';
import { readRootState, type RootState } from './root-state.ts';
import { sizeOf } from './size-of.ts';

/** Revisions in a row; the last record is the only one that may grow. */
type HistoryRecord = readonly RevisionRecord[];
/** The machine, and its events as arrays, which take less space than objects. */
type RevisionRecord = readonly [machine: string, events: readonly EventRecord[]];
type EventRecord = readonly [kind: string, key: string, value: unknown];

/** The events of one revision, proven plain. */
export interface NewRevision {
  readonly record: RevisionRecord;
  readonly bytes: number;
}

/** How much history is kept. Other than the defaults only in tests. */
export interface HistoryLimits {
  readonly revisionsMax: number;
  readonly bytesMax: number;
}

export const DEFAULT_HISTORY_LIMITS: HistoryLimits = {
  revisionsMax: HISTORY_REVISIONS_MAX,
  bytesMax: HISTORY_BYTES_MAX,
};

/** A record is full with so many revisions, a small part of all that are kept… */
const RECORD_REVISIONS_MAX = 32;
const RECORD_SHARE = 1 / 16;
/** …or with so many bytes. */
const RECORD_BYTES_MAX = 16 * 1024;
/** Of a record, beside its revisions. */
const EMPTY_BYTES: number = sizeOf([]);

const SPACE = 'history';

/** @throws PlainnessError if the events cannot be kept */
export function newRevision(machine: string, events: readonly MachineEvent[]): NewRevision {
  assert(events.length > 0, 'a revision has events');
  const record: RevisionRecord = [machine, events.map(toEventRecord)];
  return { record, bytes: sizeOf(record) };
}

function toEventRecord({ kind, key, value }: MachineEvent): EventRecord {
  if (!isBinary(key)) throw new PlainnessError('the key of an event holds a character above one byte');
  return [kind, key, value];
}

/** Gives the events the next revision, stores them, and forgets the oldest ones beyond the limits, whole records of them. */
export function appendHistory(
  tree: RecordTree,
  { index, timeMs, revision: last, compactedRevision: compacted, historyBytes: held }: RootState,
  added: NewRevision,
  limits: HistoryLimits = DEFAULT_HISTORY_LIMITS,
): RootState {
  const revision = last + 1;
  const records = tree.space(SPACE);
  const open = openRecord(records, last, limits);
  const historyBytes = held + open.append(added);
  if (open.isFull) records.settle();
  const compactedRevision = Math.max(compacted, revision - limits.revisionsMax);
  const state = { index, timeMs, revision, compactedRevision, historyBytes };
  // A record at a time: between two that are full nobody need look for the oldest one.
  const forgets = (open.isFull && compactedRevision >= open.oldestEnd) || historyBytes > limits.bytesMax;
  return forgets ? trimmed(records, state, limits.bytesMax) : state;
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
  const { revision: last, compactedRevision } = readRootState(spaces);
  assert(fromRevision > compactedRevision, 'the events asked for are kept');
  if (fromRevision > last) return [];
  const found: StoreEvent[] = [];
  let bytes = 0;
  for (const { first, record } of recordsFrom(spaces.space(SPACE), fromRevision)) {
    let revision = first;
    for (const each of record) {
      if (revision >= fromRevision) {
        bytes += sizeOf(each);
        if (found.length > 0 && bytes > bytesMax) return found;
        const [machine, events] = each;
        for (const [kind, eventKey, value] of events) {
          found.push({ revision, machine, kind, key: eventKey, value });
        }
      }
      revision++;
    }
  }
  return found;
}

/** What holds a revision, and all behind it; each with its first revision. */
function* recordsFrom(
  records: ReadRecords,
  revision: Revision,
): Generator<{ readonly first: Revision; readonly record: HistoryRecord }> {
  // Most watches stand near the end: for them the open record need neither be put nor read again.
  const draft = records instanceof RecordSpace ? records.draft : undefined;
  if (draft instanceof OpenRecord && revision >= draft.first) {
    yield { first: draft.first, record: draft.revisions };
    return;
  }
  const behind = orderedKey(revision + 1);
  const [start] = records.range<HistoryRecord>('', behind, { limit: 1, reverse: true });
  const [firstKey] = present(start, 'every kept revision has its record');
  for (const [key, record] of records.range<HistoryRecord>(firstKey, undefined)) {
    yield { first: fromOrderedKey(key), record };
  }
}

/** Forgets the oldest records: those behind the compacted revision, and those beyond so many bytes. */
function trimmed(records: RecordSpace, state: RootState, bytesMax: number): RootState {
  let { compactedRevision, historyBytes } = state;
  for (;;) {
    const oldest = oldestRecord(records, state.revision);
    if (oldest === undefined) break;
    const { key, end } = oldest;
    if (end > compactedRevision && historyBytes <= bytesMax) break;
    compactedRevision = Math.max(compactedRevision, end);
    historyBytes -= records.bytesOf(key);
    records.delete(key);
  }
  assert(historyBytes >= 0, 'the size of the history is that of its records');
  return { ...state, compactedRevision, historyBytes };
}

/** Its key, and its last revision; `last` is the last one of all. */
function oldestRecord(
  records: RecordSpace,
  last: Revision,
): { readonly key: string; readonly end: Revision } | undefined {
  const [key, next] = records.keys('', undefined, { limit: 2 });
  if (key === undefined) return undefined;
  return { key, end: next === undefined ? last : fromOrderedKey(next) - 1 };
}

function openRecord(records: RecordSpace, last: Revision, { revisionsMax }: HistoryLimits): OpenRecord {
  if (records.draft instanceof OpenRecord) return records.draft;
  const recordMax = Math.min(RECORD_REVISIONS_MAX, Math.max(1, Math.floor(revisionsMax * RECORD_SHARE)));
  const draft = new OpenRecord(records, last, recordMax);
  records.postpone(draft);
  return draft;
}

/** The last record, which is not full yet, or one that begins. */
class OpenRecord implements Draft {
  /** Of the oldest one that is full; Infinity if there is none. */
  readonly oldestEnd: Revision;
  readonly #records: RecordSpace;
  readonly #revisionsMax: number;
  #first: Revision;
  #revisions: RevisionRecord[] = [];
  #bytes = EMPTY_BYTES;

  /** @param last the last revision so far */
  constructor(records: RecordSpace, last: Revision, revisionsMax: number) {
    this.#records = records;
    this.#revisionsMax = revisionsMax;
    this.#first = last + 1;
    const [newest] = records.keys('', undefined, { limit: 1, reverse: true });
    if (newest !== undefined) this.#goOn(newest, last);
    const oldest = oldestRecord(records, last);
    const isOpen = oldest === undefined || fromOrderedKey(oldest.key) === this.#first;
    this.oldestEnd = isOpen ? Infinity : oldest.end;
  }

  get first(): Revision {
    return this.#first;
  }

  get revisions(): HistoryRecord {
    return this.#revisions;
  }

  get isFull(): boolean {
    return this.#fills(this.#revisions.length, this.#bytes);
  }

  /** Returns by how many bytes the history grows. */
  append({ record, bytes }: NewRevision): number {
    const before = this.#revisions.length === 0 ? 0 : this.#bytes;
    this.#revisions.push(record);
    this.#bytes += bytes;
    return this.#bytes - before;
  }

  settle(): void {
    if (this.#revisions.length === 0) return;
    const key = orderedKey(this.#first);
    if (this.isFull) this.#records.putSized(key, this.#revisions, this.#bytes);
    else this.#records.put(key, this.#revisions);
  }

  /** With the newest record, unless it is full. */
  #goOn(key: string, last: Revision): void {
    const first = fromOrderedKey(key);
    const bytes = this.#records.bytesOf(key);
    if (this.#fills(last - first + 1, bytes)) return;
    this.#first = first;
    this.#bytes = bytes;
    this.#revisions = [
      ...present(this.#records.get<HistoryRecord>(key), 'a key that was found has its record'),
    ];
  }

  #fills(revisions: number, bytes: number): boolean {
    return revisions >= this.#revisionsMax || bytes >= RECORD_BYTES_MAX;
  }
}
