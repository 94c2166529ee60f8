/**
 * Log time goes on no faster than the fastest clock: between two commands whose clients know when
 * they asked and when they were answered, it advances by no more than passed meanwhile. No jump of a
 * wall clock, and no change of the leader, moves it.
 */
import { CLOCK_RATE_MAX } from '../actions.ts';
import type { CallRecord } from '../calls.ts';
import type { CommittedHistory } from '../reference.ts';
import { claim } from '../violation.ts';

interface Stamped {
  readonly index: number;
  readonly timeMs: number;
  readonly callUs: number;
  readonly returnUs: number;
}

const NAME = 'log time';
/** Each stamp is a whole number of ms. */
const ROUNDING_MS = 2;
const BEGINNING: Stamped = { index: 0, timeMs: 0, callUs: 0, returnUs: 0 };

/** @throws Violation */
export function checkLogTime(
  calls: readonly CallRecord[],
  { entries }: Pick<CommittedHistory, 'entries'>,
): void {
  const stamped: Stamped[] = [];
  for (const { call, answer, callUs, returnUs } of calls) {
    if (call.kind !== 'command' || answer.kind !== 'ok') continue;
    const timeMs = entries.get(answer.index)?.logged.timeMs;
    if (timeMs !== undefined) stamped.push({ index: answer.index, timeMs, callUs, returnUs });
  }
  stamped.sort((a, b) => a.index - b.index);
  let before = BEGINNING;
  for (const each of stamped) {
    const passedMs = ((each.returnUs - before.callUs) / 1000) * CLOCK_RATE_MAX + ROUNDING_MS;
    const advancedMs = each.timeMs - before.timeMs;
    claim(
      advancedMs <= passedMs,
      NAME,
      () =>
        `from entry ${before.index} to entry ${each.index} log time advanced by ${advancedMs} ms, and at most ${passedMs} ms passed`,
    );
    before = each;
  }
}
