import type { CommandOutcome } from '../command.ts';
import type { Draft } from '../draft.ts';
import { SESSION_WINDOW } from '../limits.ts';
import type { RecordSpace } from '../record-space.ts';
import {
  deleteReplies,
  fromReply,
  getReplies,
  getSession,
  putReplies,
  REPLIES_PER_RECORD,
  type ReplyRecord,
  type SessionRecord,
  toReply,
  updateSession,
} from './session-records.ts';

/** The sessions of which commands came since somebody looked at the records of all sessions. */
export function sessionDraft(records: RecordSpace): SessionDraft {
  if (records.draft instanceof SessionDraft) return records.draft;
  const draft = new SessionDraft(records);
  records.postpone(draft);
  return draft;
}

class SessionDraft implements Draft {
  readonly #records: RecordSpace;
  readonly #sessions = new Map<number, ActiveSession>();

  constructor(records: RecordSpace) {
    this.#records = records;
  }

  /** Undefined if there is none of that id. */
  session(id: number): ActiveSession | undefined {
    const active = this.#sessions.get(id);
    if (active !== undefined) return active;
    const stored = getSession(this.#records.settled, id);
    if (stored === undefined) return undefined;
    const session = new ActiveSession(this.#records, stored);
    this.#sessions.set(id, session);
    return session;
  }

  settle(): void {
    for (const session of this.#sessions.values()) session.settle();
  }
}

/** A session as its commands leave it. */
export class ActiveSession {
  readonly ttlMs: number;
  deadlineMs: number;
  readonly #records: RecordSpace;
  readonly #stored: SessionRecord;
  /** By number of their record. */
  readonly #replies = new Map<number, (ReplyRecord | null)[]>();
  #ackedBelow: number;

  constructor(records: RecordSpace, stored: SessionRecord) {
    this.ttlMs = stored.ttlMs;
    this.deadlineMs = stored.deadlineMs;
    this.#records = records;
    this.#stored = stored;
    this.#ackedBelow = stored.ackedBelow;
  }

  get ackedBelow(): number {
    return this.#ackedBelow;
  }

  /** The client has the replies to all sequence numbers below: what is behind them is forgotten, record by record. */
  acknowledge(below: number): void {
    const end = forgottenEnd(this.#ackedBelow, below);
    for (let number = recordOf(this.#ackedBelow); number < end; number++) this.#forget(number);
    this.#ackedBelow = below;
  }

  /** What there is to answer to the command of that number; undefined if it is new. */
  reply(sequence: number): CommandOutcome | undefined {
    const reply = this.#repliesWith(sequence)[sequence % REPLIES_PER_RECORD] ?? undefined;
    return reply === undefined ? undefined : fromReply(reply);
  }

  keep(sequence: number, outcome: CommandOutcome): void {
    const replies = this.#repliesWith(sequence);
    const at = sequence % REPLIES_PER_RECORD;
    while (replies.length < at) replies.push(null);
    replies[at] = toReply(outcome);
  }

  settle(): void {
    const { id, ttlMs, openedWallMs, ackedBelow } = this.#stored;
    if (this.deadlineMs !== this.#stored.deadlineMs || this.#ackedBelow !== ackedBelow) {
      const after = { id, ttlMs, deadlineMs: this.deadlineMs, ackedBelow: this.#ackedBelow, openedWallMs };
      updateSession(this.#records, this.#stored, after);
    }
    const end = forgottenEnd(ackedBelow, this.#ackedBelow);
    for (let number = recordOf(ackedBelow); number < end; number++) deleteReplies(this.#records, id, number);
    for (const [number, replies] of this.#replies) putReplies(this.#records, id, number, replies);
  }

  #forget(number: number): void {
    const replies = this.#replies.get(number);
    if (replies === undefined) return;
    this.#replies.delete(number);
    // An array that has grown old would keep its young replies until the whole heap is collected.
    replies.length = 0;
  }

  #repliesWith(sequence: number): (ReplyRecord | null)[] {
    const number = recordOf(sequence);
    let replies = this.#replies.get(number);
    if (replies === undefined) {
      replies = [...getReplies(this.#records.settled, this.#stored.id, number)];
      this.#replies.set(number, replies);
    }
    return replies;
  }
}

/** The number of the record that holds the reply. */
function recordOf(sequence: number): number {
  return Math.floor(sequence / REPLIES_PER_RECORD);
}

/** The first record of replies that is not forgotten when the floor rises: there are none behind the window. */
function forgottenEnd(from: number, to: number): number {
  return recordOf(Math.min(to, from + SESSION_WINDOW));
}
