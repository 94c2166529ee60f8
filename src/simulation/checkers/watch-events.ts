/**
 * What a watch must have seen: every event that it selected, from its first revision up to the last
 * that it was told of, once, in order, whatever nodes it was served by.
 */
import type { Revision } from '../../base/flavor.ts';
import type { StoreEvent } from '../../machine/command.ts';
import type { WatchSelection } from '../../replica/input.ts';
import { deepEqual } from '../deep-equal.ts';
import { claim } from '../violation.ts';

export interface WatchRecord {
  readonly name: string;
  readonly selection: WatchSelection;
  readonly fromRevision: Revision;
  /** Every selected event up to here must have been seen. */
  readonly toRevision: Revision;
  readonly events: readonly StoreEvent[];
}

const NAME = 'watch';

/** @throws Violation for an event that is missing, doubled, out of order, changed or not selected */
export function checkWatch(watch: WatchRecord, truth: readonly StoreEvent[]): void {
  const { name, selection, fromRevision, toRevision, events } = watch;
  const due = truth.filter(
    (event) => event.revision >= fromRevision && event.revision <= toRevision && selects(selection, event),
  );
  for (let at = 0; at < Math.max(due.length, events.length); at++) {
    claim(
      deepEqual(due[at], events[at]),
      NAME,
      () =>
        `${name} saw ${tell(events[at])} where ${tell(due[at])} was due (from ${fromRevision} to ${toRevision})`,
    );
  }
}

function selects({ machine, key, prefix }: WatchSelection, event: StoreEvent): boolean {
  if (event.machine !== machine) return false;
  return prefix ? event.key.startsWith(key) : event.key === key;
}

function tell(event: StoreEvent | undefined): string {
  return event === undefined ? 'nothing' : `revision ${event.revision} (${event.kind} ${event.key})`;
}
