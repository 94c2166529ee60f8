/**
 * Where the records of sessions stand, within the space of the machine `sessions`:
 * `s/<id>` the session, `d/<deadline>/<id>` when it ends, `r/<id>/<n>` replies that may be
 * asked for again, those to sequence numbers from n times `REPLIES_PER_RECORD` on, `n` how many sessions there are.
 */
import { assert } from '../../base/assert.ts';
import { fromOrderedKey, ORDERED_KEY_LENGTH, orderedKey } from '../binary-string.ts';
import type { CommandOutcome, CommandRefusal } from '../command.ts';
import type { ReadRecords, Records } from '../records.ts';

/** One client's session. */
export interface SessionRecord {
  /** The index of the entry that opened it. */
  readonly id: number;
  readonly ttlMs: number;
  /** Log time at which it ends unless the client is heard of before. */
  readonly deadlineMs: number;
  /** The client has the replies to every sequence number below. */
  readonly ackedBelow: number;
  /** Wall clock, for people. */
  readonly openedWallMs: number;
}

export function getSession(records: Pick<ReadRecords, 'get'>, id: number): SessionRecord | undefined {
  return records.get(sessionKey(id));
}

export function countSessions(records: ReadRecords): number {
  return records.get<number>('n') ?? 0;
}

/** Sessions in the order in which they were opened. */
export function* sessionsAfter(records: ReadRecords, id: number, limit: number): Generator<SessionRecord> {
  for (const [, session] of records.range<SessionRecord>(sessionKey(id + 1), 's0', { limit })) yield session;
}

export function addSession(records: Records, session: SessionRecord): void {
  assert(getSession(records, session.id) === undefined, 'a session is opened once');
  records.put(sessionKey(session.id), session);
  records.put(deadlineKey(session), 1);
  records.put('n', countSessions(records) + 1);
}

/** Replaces a session's record, and its deadline with it. */
export function updateSession(records: Records, before: SessionRecord, after: SessionRecord): void {
  if (after.deadlineMs !== before.deadlineMs) {
    records.delete(deadlineKey(before));
    records.put(deadlineKey(after), 1);
  }
  records.put(sessionKey(after.id), after);
}

/** Removes a session and everything kept for it. Returns the number of records. */
export function removeSession(records: Records, session: SessionRecord): number {
  const replies = forgetAllReplies(records, session.id);
  records.delete(deadlineKey(session));
  records.delete(sessionKey(session.id));
  const count = countSessions(records);
  assert(count > 0, 'the count of sessions includes the one removed');
  records.put('n', count - 1);
  return replies + 2;
}

/** The deadline that comes first. */
export function firstDeadlineMs(records: ReadRecords): number | undefined {
  for (const [key] of records.range('d/', 'd0', { limit: 1 }))
    return fromOrderedKey(key.slice(2, 2 + ORDERED_KEY_LENGTH));
  return undefined;
}

/** The sessions whose deadline has come, first ones first. */
export function* dueSessions(records: ReadRecords, timeMs: number): Generator<number> {
  for (const [key] of records.range('d/', `d/${orderedKey(timeMs + 1)}`)) {
    yield fromOrderedKey(key.slice(2 + ORDERED_KEY_LENGTH + 1));
  }
}

/** So many replies in a row share a record: those to come have none yet, those in between may be missing. */
export const REPLIES_PER_RECORD = 16;

/** The replies of record `number` of a session. */
export function getReplies(records: Pick<ReadRecords, 'get'>, id: number, number: number): Replies {
  return records.get(repliesKey(id, number)) ?? [];
}

export function putReplies(records: Records, id: number, number: number, replies: Replies): void {
  records.put(repliesKey(id, number), replies);
}

export function deleteReplies(records: Records, id: number, number: number): void {
  records.delete(repliesKey(id, number));
}

export function toReply(outcome: CommandOutcome): ReplyRecord {
  return outcome.kind === 'applied'
    ? [outcome.result, outcome.revision, outcome.index]
    : [outcome.code, outcome.message];
}

export function fromReply(reply: ReplyRecord): CommandOutcome {
  if (reply.length === 3) {
    const [result, revision, index] = reply;
    return { kind: 'applied', result, revision, index };
  }
  const [code, message] = reply;
  return { kind: 'refused', code, message };
}

/** Removes all replies. Returns how many records there were. */
function forgetAllReplies(records: Records, id: number): number {
  const keys = Array.from(records.range(`r/${orderedKey(id)}/`, `r/${orderedKey(id)}0`), ([key]) => key);
  for (const key of keys) records.delete(key);
  return keys.length;
}

export type Replies = readonly (ReplyRecord | null)[];

/** An outcome, without the names of its fields. */
export type ReplyRecord =
  | readonly [result: unknown, revision: number, index: number]
  | readonly [code: CommandRefusal, message: string];

function sessionKey(id: number): string {
  return `s/${orderedKey(id)}`;
}

function deadlineKey({ deadlineMs, id }: SessionRecord): string {
  return `d/${orderedKey(deadlineMs)}/${orderedKey(id)}`;
}

function repliesKey(id: number, number: number): string {
  return `r/${orderedKey(id)}/${orderedKey(number)}`;
}
