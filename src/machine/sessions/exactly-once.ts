/**
 * A retry of a command is answered, not applied again (thesis, section 6.3). The client numbers the
 * commands of its session and says up to where it has the replies; what is between is remembered
 * here, as records, so every node and every snapshot knows it.
 */
import { present } from '../../base/assert.ts';
import type { CommandOutcome, CommandRefusal, SessionStamp } from '../command.ts';
import { SESSION_WINDOW } from '../limits.ts';
import type { Parsed } from '../machine.ts';
import { Fields, parse } from '../parse.ts';
import type { RecordSpace } from '../record-space.ts';
import { sessionDraft } from './session-draft.ts';
import type { ActiveSession } from './session-draft.ts';

/** Either the command is new and is to be applied, or this is what there is to answer. */
export type Admission =
  | { readonly kind: 'new' }
  | { readonly kind: 'answered'; readonly outcome: CommandOutcome };

/** Decides on a command of a session, and notes that its client lives. `records` is the space of `sessions`. */
export function admit(records: RecordSpace, stamp: SessionStamp, timeMs: number): Admission {
  const { id, sequence, ackedBelow } = stamp;
  if (!isStamp(stamp)) return refused('SEQUENCE_STALE', 'the stamp of the session is malformed');
  const session = sessionDraft(records).session(id);
  if (session === undefined || session.deadlineMs <= timeMs) {
    return refused('SESSION_EXPIRED', `session ${id} has expired or was closed`);
  }
  if (sequence < session.ackedBelow) {
    return refused('SEQUENCE_STALE', `the reply to sequence number ${sequence} was acknowledged`);
  }
  const floor = Math.max(session.ackedBelow, ackedBelow);
  if (sequence >= floor + SESSION_WINDOW) {
    return refused('TOO_BUSY', `${SESSION_WINDOW} replies of session ${id} are not acknowledged yet`);
  }
  session.acknowledge(floor);
  noteActivity(session, timeMs);
  const outcome = session.reply(sequence);
  return outcome === undefined ? { kind: 'new' } : { kind: 'answered', outcome };
}

/** Keeps the outcome of a new command for its retries. */
export function remember(
  records: RecordSpace,
  { id, sequence }: SessionStamp,
  outcome: CommandOutcome,
): void {
  const session = present(sessionDraft(records).session(id), 'the session of an admitted command is there');
  session.keep(sequence, outcome);
}

/** Reads a stamp that comes from a client. */
export function parseStamp(value: unknown): Parsed<SessionStamp> {
  return parse(() => {
    const fields = new Fields('session', value);
    const sequence = fields.integer('sequence', { min: 1, max: Number.MAX_SAFE_INTEGER - SESSION_WINDOW });
    return fields.finish({
      id: fields.integer('id', { min: 1, max: Number.MAX_SAFE_INTEGER }),
      sequence,
      ackedBelow: fields.integer('ackedBelow', { min: 1, max: sequence }),
    });
  });
}

/** What reaches the log was checked before; here a bad stamp must still not stop a node. */
function isStamp({ id, sequence, ackedBelow }: SessionStamp): boolean {
  return isCount(id) && isCount(sequence) && isCount(ackedBelow) && ackedBelow <= sequence;
}

function isCount(part: number): boolean {
  return Number.isSafeInteger(part) && part >= 1;
}

/** The deadline is moved only when that gains an eighth of the time to live: most commands leave it. */
function noteActivity(session: ActiveSession, timeMs: number): void {
  const deadlineMs = timeMs + session.ttlMs;
  if (deadlineMs - session.deadlineMs > session.ttlMs / 8) session.deadlineMs = deadlineMs;
}

function refused(code: CommandRefusal, message: string): Admission {
  return { kind: 'answered', outcome: { kind: 'refused', code, message } };
}
