/**
 * The machine `sessions`: opens and closes the sessions that make retries harmless. Its commands
 * bear no stamp. A session ends when its client is not heard of for its time to live, in log time;
 * since activity is noted in steps, up to an eighth of it may be missing: clients should send a
 * keep-alive after a third of it.
 */
import { present } from '../../base/assert.ts';
import type { CommandRefusal } from '../command.ts';
import { EXPIRE_RECORDS_MAX, SESSION_TTL_MAX_MS, SESSION_TTL_MIN_MS, SESSIONS_MAX } from '../limits.ts';
import type { At, Machine, MachineEvent } from '../machine.ts';
import { type Fields, parseUnion, type Readers } from '../parse.ts';
import type { ReadRecords, Records } from '../records.ts';
import * as table from './session-records.ts';
import type { SessionRecord } from './session-records.ts';

export type { SessionRecord } from './session-records.ts';

export type SessionsCommand =
  | { readonly kind: 'open'; readonly ttlMs: number }
  | { readonly kind: 'keep-alive'; readonly id: number }
  | { readonly kind: 'close'; readonly id: number };

export type SessionsResult =
  /** `id` is for the stamp of every command. */
  | { readonly kind: 'opened'; readonly id: number; readonly ttlMs: number }
  | { readonly kind: 'kept-alive'; readonly id: number }
  /** `existed` is false if it had ended before. */
  | { readonly kind: 'closed'; readonly id: number; readonly existed: boolean }
  /** Never seen by a caller: the root makes it the outcome of the command. */
  | { readonly kind: 'refused'; readonly code: CommandRefusal; readonly message: string };

export type SessionsQuery =
  | { readonly kind: 'count' }
  /** Those behind `after`, at most `limit`. */
  | { readonly kind: 'list'; readonly after: number; readonly limit: number };

export type SessionsAnswer =
  | { readonly kind: 'count'; readonly count: number }
  | { readonly kind: 'list'; readonly sessions: readonly SessionRecord[]; readonly more: boolean };

export const sessions: Machine<SessionsCommand, SessionsResult, SessionsQuery, SessionsAnswer> = {
  name: 'sessions',
  parseCommand: (value) => parseUnion('sessions command', value, COMMANDS),
  parseQuery: (value) => parseUnion('sessions query', value, QUERIES),
  apply: (records, command, at) => ({ result: applySessions(records, command, at), events: [] }),
  query: querySessions,
  expire,
  nextDeadlineMs: table.firstDeadlineMs,
  mayGrow: ({ kind }) => kind === 'open',
};

const LIST_MAX = 1_000;

const COMMANDS: Readers<SessionsCommand> = {
  open: (fields) => ({
    kind: 'open',
    ttlMs: fields.integer('ttlMs', { min: SESSION_TTL_MIN_MS, max: SESSION_TTL_MAX_MS }),
  }),
  'keep-alive': (fields) => ({ kind: 'keep-alive', id: readId(fields) }),
  close: (fields) => ({ kind: 'close', id: readId(fields) }),
};

const QUERIES: Readers<SessionsQuery> = {
  count: () => ({ kind: 'count' }),
  list: (fields) => ({
    kind: 'list',
    after: fields.either('after', 0, (name) =>
      fields.integer(name, { min: 0, max: Number.MAX_SAFE_INTEGER - 1 }),
    ),
    limit: fields.either('limit', LIST_MAX, (name) => fields.integer(name, { min: 1, max: LIST_MAX })),
  }),
};

function readId(fields: Fields): number {
  return fields.integer('id', { min: 1, max: Number.MAX_SAFE_INTEGER });
}

function applySessions(records: Records, command: SessionsCommand, at: At): SessionsResult {
  switch (command.kind) {
    case 'open':
      return open(records, command.ttlMs, at);
    case 'keep-alive':
      return keepAlive(records, command.id, at);
    case 'close': {
      const session = table.getSession(records, command.id);
      if (session !== undefined) table.removeSession(records, session);
      return { kind: 'closed', id: command.id, existed: session !== undefined };
    }
  }
}

function open(records: Records, ttlMs: number, at: At): SessionsResult {
  if (table.countSessions(records) >= SESSIONS_MAX) {
    return { kind: 'refused', code: 'SESSION_LIMIT', message: `${SESSIONS_MAX} sessions are open already` };
  }
  const id = at.index;
  table.addSession(records, {
    id,
    ttlMs,
    deadlineMs: at.timeMs + ttlMs,
    ackedBelow: 1,
    openedWallMs: at.wallMs,
  });
  return { kind: 'opened', id, ttlMs };
}

function keepAlive(records: Records, id: number, at: At): SessionsResult {
  const session = table.getSession(records, id);
  if (session === undefined || session.deadlineMs <= at.timeMs) {
    return { kind: 'refused', code: 'SESSION_EXPIRED', message: `session ${id} has expired or was closed` };
  }
  table.updateSession(records, session, { ...session, deadlineMs: at.timeMs + session.ttlMs });
  return { kind: 'kept-alive', id };
}

/** Ends a bounded number of sessions: an overdue one that is still there counts as ended everywhere else. */
function expire(records: Records, at: At): readonly MachineEvent[] {
  let removed = 0;
  while (removed < EXPIRE_RECORDS_MAX) {
    const id = table.dueSessions(records, at.timeMs).next().value;
    if (id === undefined) break;
    const session = present(table.getSession(records, id), 'a deadline belongs to a session');
    removed += table.removeSession(records, session);
  }
  return [];
}

function querySessions(records: ReadRecords, query: SessionsQuery): SessionsAnswer {
  if (query.kind === 'count') return { kind: 'count', count: table.countSessions(records) };
  const found = [...table.sessionsAfter(records, query.after, query.limit + 1)];
  return { kind: 'list', sessions: found.slice(0, query.limit), more: found.length > query.limit };
}
