/** A client that watches: it goes from node to node, and resumes behind the last revision it was told. */
import type { NodeId, Revision } from '../base/flavor.ts';
import type { SeededRandom } from '../base/seeded-random.ts';
import type { StoreEvent } from '../machine/command.ts';
import type { Input, WatchId, WatchSelection } from '../replica/input.ts';
import type { WatchOutput } from '../replica/output.ts';
import type { WatchRecord } from './checkers/watch-events.ts';
import type { EventQueue } from './event-queue.ts';
import type { Marks } from './marks.ts';
import { claim } from './violation.ts';

export interface WatcherSurroundings {
  readonly events: EventQueue;
  readonly marks: Marks;
  /** Those who can be asked; it changes with the cluster. */
  readonly endpoints: readonly NodeId[];
  /** Brings the input to a node; false if the node is down. */
  tell(node: NodeId, input: Input): boolean;
  newWatchId(watcher: Watcher): WatchId;
  /** Revisions up to here may be forgotten by now. */
  compactedRevision(): Revision;
  /** Faults have stopped: nobody is slow any more. */
  calmed(): boolean;
}

/** How long a connection lasts at most before the client goes elsewhere. */
const CONNECTION_MAX_MS = 8000;
const RECONNECT_MAX_MS = 300;

export class Watcher {
  readonly name: string;
  readonly #selection: WatchSelection;
  readonly #around: WatcherSurroundings;
  readonly #random: SeededRandom;
  #seen: StoreEvent[] = [];
  #watch: WatchId | undefined;
  #node: NodeId = 0;
  /** Undefined until the first node said where the watch begins. */
  #fromRevision: Revision | undefined;
  #toldRevision: Revision = 0;
  #connections = 0;
  /** What it saw before it was told that what follows is compacted, and began anew. */
  readonly #ended: WatchRecord[] = [];

  constructor(name: string, selection: WatchSelection, around: WatcherSurroundings, random: SeededRandom) {
    this.name = name;
    this.#selection = selection;
    this.#around = around;
    this.#random = random;
  }

  /** Opens the watch at some node, and leaves that again after some time. */
  connect(): void {
    const { events, endpoints, marks } = this.#around;
    this.#leave();
    this.#node = this.#random.pick(endpoints);
    this.#watch = this.#around.newWatchId(this);
    const connection = ++this.#connections;
    const resumes = this.#fromRevision !== undefined;
    const fromRevision = resumes ? this.#toldRevision + 1 : undefined;
    const input: Input = { kind: 'watch', watch: this.#watch, selection: this.#selection, fromRevision };
    const connected = this.#around.tell(this.#node, input);
    if (connected && resumes) marks.count('watch resumed');
    const lastsMs = connected
      ? this.#random.integer(1, CONNECTION_MAX_MS)
      : this.#random.integer(1, RECONNECT_MAX_MS);
    events.after(lastsMs * 1000, () => {
      if (connection === this.#connections) this.connect();
    });
    if (connected && this.#random.chance(0.2) && !this.#around.calmed()) this.#pauseForAWhile(this.#watch);
  }

  /** The connection broke: the node went down. */
  nodeDown(node: NodeId): void {
    if (node !== this.#node || this.#watch === undefined) return;
    this.#watch = undefined;
    const connection = ++this.#connections;
    this.#around.events.after(this.#random.integer(1, RECONNECT_MAX_MS) * 1000, () => {
      if (connection === this.#connections) this.connect();
    });
  }

  take(watch: WatchId, output: WatchOutput): void {
    if (watch !== this.#watch) return;
    switch (output.kind) {
      case 'started': {
        if (this.#fromRevision === undefined) {
          this.#fromRevision = output.fromRevision;
          this.#toldRevision = output.fromRevision - 1;
        }
        const expected = this.#toldRevision + 1;
        claim(
          output.fromRevision === expected,
          'watch',
          () => `${this.name} was started at ${output.fromRevision} instead of ${expected}`,
        );
        return;
      }
      case 'events':
        this.#seen.push(...output.events);
        this.#toldRevision = output.revision;
        return;
      case 'ended':
        if (output.code === 'REVISION_COMPACTED') this.#beginAnew(output.message);
        this.nodeDown(this.#node);
        return;
    }
  }

  /** All that it saw, each time it began anew. See `#record`. */
  records(reached?: Revision): readonly WatchRecord[] {
    return [...this.#ended, this.#record(reached)];
  }

  /** What it asked for next is gone, and must be. */
  #beginAnew(message: string): void {
    const compacted = this.#around.compactedRevision();
    claim(this.#toldRevision + 1 <= compacted, 'watch', () => `${this.name}: ${message}, but it is not`);
    this.#around.marks.count('history compacted under a watch');
    this.#ended.push(this.#record(this.#toldRevision));
    this.#fromRevision = undefined;
    this.#seen = [];
  }

  /** @param reached every event up to here must have come by now; undefined: up to what it was told */
  #record(reached?: Revision): WatchRecord {
    return {
      name: this.name,
      selection: this.#selection,
      fromRevision: this.#fromRevision ?? this.#toldRevision + 1,
      toRevision: this.#fromRevision === undefined ? this.#toldRevision : (reached ?? this.#toldRevision),
      events: this.#seen,
    };
  }

  #leave(): void {
    if (this.#watch !== undefined) this.#around.tell(this.#node, { kind: 'unwatch', watch: this.#watch });
    this.#watch = undefined;
  }

  #pauseForAWhile(watch: WatchId): void {
    this.#around.tell(this.#node, { kind: 'watch-pause', watch });
    this.#around.events.after(this.#random.integer(1, 2000) * 1000, () => {
      if (this.#watch === watch) this.#around.tell(this.#node, { kind: 'watch-resume', watch });
    });
  }
}
