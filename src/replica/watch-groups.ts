import { present } from '../base/assert.ts';
import type { Revision } from '../base/flavor.ts';
import type { WatchId, WatchSelection } from './input.ts';

/** Watches that selected the same and stand at the same place: what is told to one is told to all of them. */
export interface WatchGroup {
  readonly selection: WatchSelection;
  readonly paused: boolean;
  readonly watches: Set<WatchId>;
  /** Everything before it was looked at. */
  nextRevision: Revision;
  /** The last revision that the readers were told about. */
  toldRevision: Revision;
}

/**
 * All watches, each in one group. A watch is alone in its group at first, and after it has paused; it
 * joins the others of its selection once it has come to the same place as they.
 */
export class WatchGroups {
  readonly #groupOf = new Map<WatchId, WatchGroup>();
  readonly #bySelection = new Map<string, Set<WatchGroup>>();

  /** Of the watches. */
  get size(): number {
    return this.#groupOf.size;
  }

  of(watch: WatchId): WatchGroup | undefined {
    return this.#groupOf.get(watch);
  }

  *[Symbol.iterator](): Generator<WatchGroup> {
    for (const groups of this.#bySelection.values()) yield* groups;
  }

  add(watch: WatchId, place: Omit<WatchGroup, 'watches'>): void {
    const group = { ...place, watches: new Set([watch]) };
    const name = nameOf(group.selection);
    const groups = this.#bySelection.get(name);
    if (groups === undefined) this.#bySelection.set(name, new Set([group]));
    else groups.add(group);
    this.#groupOf.set(watch, group);
  }

  remove(watch: WatchId): void {
    const group = this.#groupOf.get(watch);
    if (group === undefined) return;
    this.#groupOf.delete(watch);
    group.watches.delete(watch);
    if (group.watches.size > 0) return;
    const name = nameOf(group.selection);
    const groups = present(this.#bySelection.get(name), 'a group is kept under its selection');
    groups.delete(group);
    if (groups.size === 0) this.#bySelection.delete(name);
  }

  /** Makes one group of those that are at the same place by now. */
  join(): void {
    for (const groups of this.#bySelection.values()) {
      if (groups.size === 1) continue;
      const places = new Map<string, WatchGroup>();
      for (const group of groups) {
        const place = `${group.nextRevision} ${group.toldRevision} ${group.paused}`;
        const first = places.get(place);
        if (first === undefined) {
          places.set(place, group);
          continue;
        }
        groups.delete(group);
        for (const watch of group.watches) {
          first.watches.add(watch);
          this.#groupOf.set(watch, first);
        }
      }
    }
  }
}

function nameOf({ machine, key, prefix }: WatchSelection): string {
  return JSON.stringify([machine, key, prefix]);
}
