import type { SeenEvent } from '../workloads/watchers.ts';
import type { Evidence } from './evidence.ts';

/** Every watch saw every event once, in order, and all of them the same; what stands at the end is what they saw last. */
export function checkWatches({ watches, final }: Evidence): readonly string[] {
  const wrong: string[] = [];
  const truth = new Map<number, SeenEvent>();
  for (const event of watches.flat().flatMap(({ events }) => events)) {
    const known = truth.get(event.revision);
    if (known !== undefined && !equal(known, event))
      wrong.push(`two watches differ: ${tell(known)}, ${tell(event)}`);
    truth.set(event.revision, event);
  }
  const revisions = [...truth.keys()].toSorted((a, b) => a - b);
  const last = revisions.at(-1) ?? 0;
  for (const [at, runs] of watches.entries()) {
    for (const [number, { fromRevision, events }] of runs.entries()) {
      // Behind a run that was followed by another one, events were compacted away, which the watch was told.
      const end = number === runs.length - 1 ? last : (events.at(-1)?.revision ?? 0);
      const due = revisions.filter((revision) => revision >= fromRevision && revision <= end);
      const first = due.findIndex((revision, place) => events[place]?.revision !== revision);
      if (first >= 0)
        wrong.push(`watch ${at} saw revision ${events[first]?.revision} where ${due[first]} was due`);
      else if (events.length > due.length)
        wrong.push(`watch ${at} saw revision ${events[due.length]?.revision} once more`);
    }
  }
  return [...wrong, ...checkVersions(revisions, truth), ...checkEnd(revisions, truth, final.keys)];
}

/** The events of a key tell its whole life: a missing one shows even if no watch saw it. */
function checkVersions(
  revisions: readonly number[],
  truth: ReadonlyMap<number, SeenEvent>,
): readonly string[] {
  const wrong: string[] = [];
  const versions = new Map<string, number>();
  for (const revision of revisions) {
    const event = truth.get(revision);
    if (event === undefined) continue;
    const before = versions.get(event.key);
    const due = (before ?? 0) + 1;
    if (event.kind === 'put' && event.version !== due && before !== undefined)
      wrong.push(`${tell(event)} is version ${event.version} of its key, where ${due} was due`);
    versions.set(event.key, event.kind === 'put' ? event.version : 0);
  }
  return wrong;
}

function checkEnd(
  revisions: readonly number[],
  truth: ReadonlyMap<number, SeenEvent>,
  keys: Evidence['final']['keys'],
): readonly string[] {
  const stands = new Map<string, SeenEvent>();
  for (const revision of revisions) {
    const event = truth.get(revision);
    if (event !== undefined) stands.set(event.key, event);
  }
  const wrong: string[] = [];
  for (const event of stands.values()) {
    const found = keys.get(event.key)?.modRevision;
    const due = event.kind === 'put' ? event.revision : undefined;
    if (found !== due)
      wrong.push(`the last that was seen of a key is ${tell(event)}, but it stands at revision ${found}`);
  }
  for (const [key, { modRevision }] of keys)
    if (!stands.has(key)) wrong.push(`${key} stands at revision ${modRevision}, and no watch saw it`);
  return wrong;
}

function equal(a: SeenEvent, b: SeenEvent): boolean {
  return a.kind === b.kind && a.key === b.key && a.version === b.version && a.text === b.text;
}

function tell({ revision, kind, key }: SeenEvent): string {
  return `${kind} ${key} at revision ${revision}`;
}
