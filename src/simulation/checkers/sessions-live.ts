/** A session lives for its whole time to live behind the last command of its client, by log time. */
import type { CommittedHistory } from '../reference.ts';
import { claim } from '../violation.ts';

interface Session {
  readonly ttlMs: number;
  deadlineMs: number;
}

const NAME = 'sessions live';
/** A command moves the deadline only where that gains an eighth of the time to live. */
const MOVED_SHARE = 7 / 8;

/** @throws Violation */
export function checkSessionsLive({ entries }: Pick<CommittedHistory, 'entries'>): void {
  const sessions = new Map<number, Session>();
  for (const { index, logged, outcome } of entries.values()) {
    const { timeMs } = logged;
    const opened = outcome.kind === 'applied' ? openedTtlMs(outcome.result) : undefined;
    if (opened !== undefined) sessions.set(index, { ttlMs: opened, deadlineMs: timeMs + opened });
    const closed = closedId(logged.body);
    if (closed !== undefined) sessions.delete(closed);
    const session = logged.session === undefined ? undefined : sessions.get(logged.session.id);
    if (session === undefined) continue;
    if (outcome.kind === 'refused' && outcome.code === 'SESSION_EXPIRED') {
      claim(
        timeMs >= session.deadlineMs,
        NAME,
        () =>
          `entry ${index} finds session ${logged.session?.id} expired, ${session.deadlineMs - timeMs} ms before its time`,
      );
    } else if (outcome.kind === 'applied') {
      session.deadlineMs = Math.max(session.deadlineMs, timeMs + session.ttlMs * MOVED_SHARE);
    }
  }
}

/** The time to live of a session that was opened just now: its id is the index. */
function openedTtlMs(result: unknown): number | undefined {
  const { kind, ttlMs } = (result ?? {}) as { readonly kind?: string; readonly ttlMs?: number };
  return kind === 'opened' ? ttlMs : undefined;
}

function closedId(body: unknown): number | undefined {
  const { kind, id } = (body ?? {}) as { readonly kind?: string; readonly id?: number };
  return kind === 'close' ? id : undefined;
}
