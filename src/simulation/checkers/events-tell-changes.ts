/**
 * What watchers are told is what happened: a command that changes a record which watchers can see
 * makes an event of it, the last event of a record tells how the record stands behind the command,
 * and no event tells of a record that was not touched. Written from what the machines promise of
 * their events, not from how they make them.
 */
import type { Index } from '../../base/flavor.ts';
import type { StoreEvent } from '../../machine/command.ts';
import { fromKvRow, type KvRow } from '../../machine/kv/kv-records.ts';
import { deepEqual } from '../deep-equal.ts';
import type { Changed } from '../properties/state-follows-log.ts';
import { claim } from '../violation.ts';

/** A committed log, and what each of its entries changed and told. */
export interface ToldHistory {
  readonly entries: ReadonlyMap<Index, unknown>;
  changesOf(index: Index): readonly Changed[];
  eventsOf(index: Index): readonly StoreEvent[];
}

/** Records of a machine that watchers hear of. */
interface Watched {
  /** How the key of such a record begins, in the whole store. */
  readonly prefix: string;
  /** The key of its events. */
  eventKey(key: string, record: unknown): string;
  /** What of the record its events tell. */
  told(record: unknown): unknown;
}

type Identified = Readonly<Record<string, unknown>>;

const WATCHED: Readonly<Record<string, readonly Watched[]>> = {
  kv: [{ prefix: 'kv/', eventKey: (key) => key, told: (record) => fromKvRow(record as KvRow) }],
  registry: [
    {
      prefix: 'registry/i/',
      eventKey: (key) => key,
      // Of a heartbeat, which moves only the deadline, nobody is told.
      told: (record) => (record as { readonly instance: unknown }).instance,
    },
  ],
  shop: [identified('u', 'user'), identified('p', 'product'), identified('o', 'order')],
};

const GONE: readonly string[] = ['delete', 'deregister', 'product-deleted'];
const NAME = 'events tell changes';

/** @throws Violation for a change without its event, or an event without its change */
export function checkEventsTellChanges(history: ToldHistory, machine: string): void {
  for (const index of history.entries.keys()) {
    const events = history.eventsOf(index).filter((event) => event.machine === machine);
    const changes = history.changesOf(index);
    if (changes.length > 0 || events.length > 0) check(index, machine, changes, events);
  }
}

function check(
  index: Index,
  machine: string,
  changes: readonly Changed[],
  events: readonly StoreEvent[],
): void {
  const last = new Map(events.map((event) => [event.key, event]));
  for (const change of changes) {
    const watched = WATCHED[machine]?.find(({ prefix }) => change.key.startsWith(prefix));
    if (watched === undefined) continue;
    const key = watched.eventKey(change.key.slice(watched.prefix.length), change.after ?? change.before);
    const event = last.get(key);
    last.delete(key);
    const where = (): string => `entry ${index} of ${machine}, ${key}`;
    const [before, after] = [change.before, change.after].map((record) =>
      record === undefined ? undefined : watched.told(record),
    );
    if (event === undefined) {
      claim(deepEqual(before, after), NAME, () => `${where()}: it changed, and no event tells of it`);
      continue;
    }
    const isGone = GONE.includes(event.kind);
    claim(isGone === (after === undefined), NAME, () => `${where()}: its last event is ${event.kind}`);
    claim(
      isGone || deepEqual(event.value, after),
      NAME,
      () => `${where()}: its event tells ${JSON.stringify(event.value)}, but it is ${JSON.stringify(after)}`,
    );
  }
  for (const key of last.keys()) {
    claim(
      false,
      NAME,
      () => `entry ${index} of ${machine}, ${key}: an event tells of it, and nothing changed`,
    );
  }
}

/** Records of the shop, whose events are found by their ids. */
function identified(space: string, what: string): Watched {
  return {
    prefix: `shop/${space}/`,
    eventKey: (_, record) => `${what}/${String((record as Identified)[`${what}Id`])}`,
    told: (record) => {
      const { passwordHash: _, ...told } = record as Identified;
      return told;
    },
  };
}
