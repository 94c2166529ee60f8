import type { Index, Term } from '../base/flavor.ts';
import type { LogClock } from './log-clock.ts';

/** What a leader holds only while it leads. */
export interface Leadership {
  readonly term: Term;
  /** Undefined until an entry of the leader's own term is applied: only then does it serve. */
  clock: LogClock | undefined;
  /** A clock command is in the log and not applied yet. */
  clockProposed: boolean;
  /** When some machine has something to do next, as of `deadlineAsOf`. */
  deadlineMs: number | undefined;
  deadlineAsOf: Index | undefined;
}

export function leadershipOf(term: Term): Leadership {
  return { term, clock: undefined, clockProposed: false, deadlineMs: undefined, deadlineAsOf: undefined };
}

/** Log time; asked for on every turn. It is computed once per applied index: in between a leader's state does not change. */
export function nextDeadlineMs(
  leadership: Leadership,
  applied: Index,
  compute: () => number | undefined,
): number | undefined {
  if (leadership.deadlineAsOf !== applied) {
    leadership.deadlineAsOf = applied;
    leadership.deadlineMs = compute();
  }
  return leadership.deadlineMs;
}
