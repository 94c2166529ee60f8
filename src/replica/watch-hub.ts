import type { Revision } from '../base/flavor.ts';
import type { StoreEvent } from '../machine/command.ts';
import type { WatchId, WatchInput, WatchSelection } from './input.ts';
import type { WatchOutput } from './output.ts';

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

interface Watch {
  readonly id: WatchId;
  readonly selection: WatchSelection;
  /** Everything before it was looked at. */
  nextRevision: Revision;
  /** The last revision that the reader was told about. */
  toldRevision: Revision;
  paused: boolean;
}

/** A quiet watch hears how far the store is after this many revisions, so that it can resume from there. */
const BOOKMARK_REVISIONS = 500;

/**
 * Hands every watch the events it selected: each once, in order, whole revisions at a time. A watch
 * holds only a number, its next revision, and reads the state's own history; so a slow or paused
 * watch costs no memory, and one that falls behind the kept history ends with REVISION_COMPACTED.
 */
export class WatchHub {
  readonly #limits: WatchLimits;
  readonly #watches = new Map<WatchId, Watch>();
  #outputs: WatchOutput[] = [];
  #behind = false;

  constructor(limits: WatchLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#watches.size;
  }

  /** Some watch has more to read than one turn gives. */
  get hasMore(): boolean {
    return this.#behind;
  }

  open(input: WatchInput, history: HistorySource): void {
    const { watch: id, selection } = input;
    if (this.#watches.size >= this.#limits.watchesMax) {
      const message = `this node serves ${this.#limits.watchesMax} watches at most`;
      this.#outputs.push({ kind: 'ended', watch: id, code: 'WATCH_LIMIT', message });
      return;
    }
    const nextRevision = Math.max(1, input.fromRevision ?? history.revision + 1);
    const watch: Watch = { id, selection, nextRevision, toldRevision: nextRevision - 1, paused: false };
    if (this.#endIfCompacted(watch, history)) return;
    this.#watches.set(id, watch);
    this.#outputs.push({ kind: 'started', watch: id, fromRevision: nextRevision });
  }

  pause(id: WatchId, paused: boolean): void {
    const watch = this.#watches.get(id);
    if (watch !== undefined) watch.paused = paused;
  }

  close(id: WatchId): void {
    this.#watches.delete(id);
  }

  /** What there is to tell, as of this state. */
  deliver(history: HistorySource): readonly WatchOutput[] {
    this.#behind = false;
    if (this.#watches.size > 0) this.#deliverAll(history);
    const outputs = this.#outputs;
    this.#outputs = [];
    return outputs;
  }

  #deliverAll(history: HistorySource): void {
    // Watches that are equally far share one read of the history.
    const reads = new Map<Revision, readonly StoreEvent[]>();
    for (const watch of this.#watches.values()) {
      if (watch.paused || watch.nextRevision > history.revision) continue;
      if (this.#endIfCompacted(watch, history)) continue;
      let events = reads.get(watch.nextRevision);
      if (events === undefined) {
        events = history.read(watch.nextRevision, this.#limits.watchBytesPerTurnMax);
        reads.set(watch.nextRevision, events);
      }
      this.#advance(watch, events, history.revision);
    }
  }

  #advance(watch: Watch, events: readonly StoreEvent[], revision: Revision): void {
    const reached = events.at(-1)?.revision ?? revision;
    const selected = events.filter((event) => selects(watch.selection, event));
    watch.nextRevision = reached + 1;
    if (watch.nextRevision <= revision) this.#behind = true;
    if (selected.length === 0 && reached - watch.toldRevision < BOOKMARK_REVISIONS) return;
    const after = watch.toldRevision;
    watch.toldRevision = reached;
    this.#outputs.push({ kind: 'events', watch: watch.id, after, revision: reached, events: selected });
  }

  #endIfCompacted(watch: Watch, history: HistorySource): boolean {
    if (watch.nextRevision > history.compactedRevision) return false;
    this.#watches.delete(watch.id);
    const message = `revision ${watch.nextRevision} is compacted; the history begins at ${history.compactedRevision + 1}`;
    this.#outputs.push({ kind: 'ended', watch: watch.id, code: 'REVISION_COMPACTED', message });
    return true;
  }
}

function selects(selection: WatchSelection, event: StoreEvent): boolean {
  if (event.machine !== selection.machine) return false;
  return selection.prefix ? event.key.startsWith(selection.key) : event.key === selection.key;
}
