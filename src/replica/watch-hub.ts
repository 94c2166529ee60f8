import type { Revision } from '../base/flavor.ts';
import type { StoreEvent } from '../machine/command.ts';
import type { WatchId, WatchInput, WatchSelection } from './input.ts';
import type { WatchEvents, WatchOutput } from './output.ts';

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
  readonly audience: Audience;
  /** Everything before it was looked at. */
  nextRevision: Revision;
  /** The last revision that the reader was told about. */
  toldRevision: Revision;
  paused: boolean;
}

/** Those who selected the same. */
interface Audience {
  readonly selection: WatchSelection;
  size: number;
}

/** What a turn reads from one revision on. */
interface Read {
  readonly events: readonly StoreEvent[];
  /** It goes up to here. */
  readonly reached: Revision;
  /** What those of an audience who stand there are told of it. */
  readonly told: Map<Audience, Told>;
}

interface Told extends WatchEvents {
  readonly watches: WatchId[];
}

/** A quiet watch hears how far the store is after this many revisions, so that it can resume from there. */
const BOOKMARK_REVISIONS = 500;

/**
 * Hands every watch the events it selected: each once, in order, whole revisions at a time. A watch
 * holds only a number, its next revision, and reads the state's own history; so a slow or paused
 * watch costs no memory, and one that falls behind the kept history ends with REVISION_COMPACTED.
 * Events are selected once for all watches of a selection that stand at the same place, as most do.
 */
export class WatchHub {
  readonly #limits: WatchLimits;
  readonly #watches = new Map<WatchId, Watch>();
  readonly #audiences = new Map<string, Audience>();
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
    const audience = this.#audienceOf(selection);
    const watch: Watch = { id, audience, nextRevision, toldRevision: nextRevision - 1, paused: false };
    audience.size++;
    this.#watches.set(id, watch);
    if (this.#endIfCompacted(watch, history)) return;
    this.#outputs.push({ kind: 'started', watch: id, fromRevision: nextRevision });
  }

  pause(id: WatchId, paused: boolean): void {
    const watch = this.#watches.get(id);
    if (watch !== undefined) watch.paused = paused;
  }

  close(id: WatchId): void {
    const watch = this.#watches.get(id);
    if (watch === undefined) return;
    this.#watches.delete(id);
    watch.audience.size--;
    if (watch.audience.size === 0) this.#audiences.delete(nameOf(watch.audience.selection));
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
    const { revision } = history;
    const reads = new Map<Revision, Read>();
    for (const watch of this.#watches.values()) {
      if (watch.paused || watch.nextRevision > revision) continue;
      if (this.#endIfCompacted(watch, history)) continue;
      let read = reads.get(watch.nextRevision);
      if (read === undefined) {
        const events = history.read(watch.nextRevision, this.#limits.watchBytesPerTurnMax);
        read = { events, reached: events.at(-1)?.revision ?? revision, told: new Map() };
        reads.set(watch.nextRevision, read);
      }
      this.#advance(watch, read);
      if (watch.nextRevision <= revision) this.#behind = true;
    }
  }

  #advance(watch: Watch, { events, reached, told }: Read): void {
    const { id, audience, toldRevision: after } = watch;
    // What is told to one alone need not be kept for others.
    const shared = audience.size > 1 ? told : undefined;
    let output = shared?.get(audience);
    if (output?.after !== after) {
      const selected = events.filter((event) => selects(audience.selection, event));
      output = { kind: 'events', watches: [], after, revision: reached, events: selected };
      shared?.set(audience, output);
    }
    watch.nextRevision = reached + 1;
    if (output.events.length === 0 && reached - after < BOOKMARK_REVISIONS) return;
    if (output.watches.length === 0) this.#outputs.push(output);
    output.watches.push(id);
    watch.toldRevision = reached;
  }

  #audienceOf(selection: WatchSelection): Audience {
    const name = nameOf(selection);
    let audience = this.#audiences.get(name);
    if (audience === undefined) this.#audiences.set(name, (audience = { selection, size: 0 }));
    return audience;
  }

  #endIfCompacted(watch: Watch, history: HistorySource): boolean {
    if (watch.nextRevision > history.compactedRevision) return false;
    this.close(watch.id);
    const message = `revision ${watch.nextRevision} is compacted; the history begins at ${history.compactedRevision + 1}`;
    this.#outputs.push({ kind: 'ended', watch: watch.id, code: 'REVISION_COMPACTED', message });
    return true;
  }
}

function nameOf({ machine, prefix, key }: WatchSelection): string {
  return JSON.stringify([machine, prefix, key]);
}

function selects(selection: WatchSelection, event: StoreEvent): boolean {
  if (event.machine !== selection.machine) return false;
  return selection.prefix ? event.key.startsWith(selection.key) : event.key === selection.key;
}
