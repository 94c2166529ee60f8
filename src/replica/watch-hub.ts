import type { Revision } from '../base/flavor.ts';
import type { StoreEvent } from '../machine/command.ts';
import type { WatchId, WatchInput, WatchSelection } from './input.ts';
import type { WatchOutput } from './output.ts';
import { type WatchGroup, WatchGroups } from './watch-groups.ts';

/** What the hub reads: the kept history of a state. */
export interface HistorySource {
  readonly revision: Revision;
  /** Revisions up to here are no longer known. */
  readonly compactedRevision: Revision;
  /** Whole revisions in order, from `fromRevision` on, about `bytesMax` of them; at least one if there is one. */
  read(fromRevision: Revision, bytesMax: number): readonly StoreEvent[];
}

export interface WatchLimits {
  readonly watchesMax: number;
  readonly watchBytesPerTurnMax: number;
}

/** A quiet watch hears how far the store is after this many revisions, so that it can resume from there. */
const BOOKMARK_REVISIONS = 500;

/**
 * Hands every watch the events it selected: each once, in order, whole revisions at a time. A watch
 * is only a place in the state's own history; so a slow or paused watch costs no memory, and one that
 * falls behind the kept history ends with REVISION_COMPACTED. For watches that are at the same place,
 * which most are, events are selected once.
 */
export class WatchHub {
  readonly #limits: WatchLimits;
  readonly #groups = new WatchGroups();
  #outputs: WatchOutput[] = [];
  #behind = false;

  constructor(limits: WatchLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#groups.size;
  }

  /** Some watch has more to read than one turn gives. */
  get hasMore(): boolean {
    return this.#behind;
  }

  open(input: WatchInput, history: HistorySource): void {
    const { watch, selection } = input;
    if (this.#groups.size >= this.#limits.watchesMax) {
      const message = `this node serves ${this.#limits.watchesMax} watches at most`;
      this.#outputs.push({ kind: 'ended', watch, code: 'WATCH_LIMIT', message });
      return;
    }
    const nextRevision = Math.max(1, input.fromRevision ?? history.revision + 1);
    if (nextRevision <= history.compactedRevision) return this.#endCompacted(watch, nextRevision, history);
    this.#groups.add(watch, { selection, paused: false, nextRevision, toldRevision: nextRevision - 1 });
    this.#outputs.push({ kind: 'started', watch, fromRevision: nextRevision });
  }

  pause(watch: WatchId, paused: boolean): void {
    const group = this.#groups.of(watch);
    if (group === undefined || group.paused === paused) return;
    const { selection, nextRevision, toldRevision } = group;
    this.#groups.remove(watch);
    this.#groups.add(watch, { selection, paused, nextRevision, toldRevision });
  }

  close(watch: WatchId): void {
    this.#groups.remove(watch);
  }

  /** What there is to tell, as of this state. */
  deliver(history: HistorySource): readonly WatchOutput[] {
    this.#behind = false;
    if (this.#groups.size > 0) this.#deliverAll(history);
    const outputs = this.#outputs;
    this.#outputs = [];
    return outputs;
  }

  #deliverAll(history: HistorySource): void {
    // Groups that are equally far share one read of the history.
    const reads = new Map<Revision, readonly StoreEvent[]>();
    for (const group of this.#groups) {
      const { nextRevision } = group;
      if (group.paused || nextRevision > history.revision) continue;
      if (nextRevision <= history.compactedRevision) {
        for (const watch of group.watches) this.#endCompacted(watch, nextRevision, history);
        continue;
      }
      let events = reads.get(nextRevision);
      if (events === undefined) {
        events = history.read(nextRevision, this.#limits.watchBytesPerTurnMax);
        reads.set(nextRevision, events);
      }
      this.#advance(group, events, history.revision);
    }
    this.#groups.join();
  }

  #advance(group: WatchGroup, events: readonly StoreEvent[], revision: Revision): void {
    const reached = events.at(-1)?.revision ?? revision;
    const selected = events.filter((event) => selects(group.selection, event));
    group.nextRevision = reached + 1;
    if (group.nextRevision <= revision) this.#behind = true;
    if (selected.length === 0 && reached - group.toldRevision < BOOKMARK_REVISIONS) return;
    const after = group.toldRevision;
    group.toldRevision = reached;
    this.#outputs.push({
      kind: 'events',
      watches: [...group.watches],
      after,
      revision: reached,
      events: selected,
    });
  }

  #endCompacted(watch: WatchId, nextRevision: Revision, history: HistorySource): void {
    this.#groups.remove(watch);
    const message = `revision ${nextRevision} is compacted; the history begins at ${history.compactedRevision + 1}`;
    this.#outputs.push({ kind: 'ended', watch, code: 'REVISION_COMPACTED', message });
  }
}

function selects(selection: WatchSelection, event: StoreEvent): boolean {
  if (event.machine !== selection.machine) return false;
  return selection.prefix ? event.key.startsWith(selection.key) : event.key === selection.key;
}
