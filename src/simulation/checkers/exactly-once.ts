/**
 * Exactly once, as clients see it: what was acknowledged took effect where the reply says, with the
 * result that the reply gives; what was refused never did. Given in addition that no command took
 * effect twice (see `Reference`), a retry is harmless.
 */
import type { CallRecord } from '../calls.ts';
import { deepEqual } from '../deep-equal.ts';
import type { CommittedHistory } from '../reference.ts';
import { claim } from '../violation.ts';

const NAME = 'exactly once';

/** @throws Violation */
export function checkExactlyOnce(calls: readonly CallRecord[], reference: CommittedHistory): void {
  for (const { call, stamp, answer, client } of calls) {
    if (call.kind !== 'command') continue;
    const what = (): string => `${call.machine} ${JSON.stringify(call.body)} of client ${client}`;
    if (answer.kind === 'refused' && stamp !== undefined) {
      const effect = reference.effectOf(stamp.id, stamp.sequence);
      claim(
        effect === undefined,
        NAME,
        () => `${what()} was refused and yet took effect in entry ${effect?.index}`,
      );
    }
    if (answer.kind !== 'ok') continue;
    const entry = reference.entries.get(answer.index);
    claim(
      entry !== undefined,
      NAME,
      () => `${what()} was acknowledged in entry ${answer.index}, which is not committed`,
    );
    const { logged, outcome, effective } = entry;
    claim(
      effective && outcome.kind === 'applied',
      NAME,
      () => `${what()} took no effect in entry ${answer.index}`,
    );
    const same =
      logged.machine === call.machine &&
      deepEqual(logged.body, call.body) &&
      logged.session?.id === stamp?.id &&
      logged.session?.sequence === stamp?.sequence;
    claim(
      same,
      NAME,
      () => `${what()} was acknowledged in entry ${answer.index}, which holds another command`,
    );
    claim(
      deepEqual(outcome.result, answer.result) && outcome.revision === answer.revision,
      NAME,
      () => `${what()} got ${JSON.stringify(answer)}, where the log says ${JSON.stringify(outcome)}`,
    );
  }
}
