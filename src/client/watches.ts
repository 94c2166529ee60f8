import { StoreError } from '../base/errors.ts';
import type { ErrorCode } from '../base/errors.ts';
import type { NodeId, Revision } from '../base/flavor.ts';
import type { RequestId, WatchEventsFrame, WatchStartedFrame } from '../wire/client-frames.ts';
import { Backoff } from './backoff.ts';
import type { Connection } from './connection.ts';
import { EventBatch, type Shape } from './event-batch.ts';
import type { ClientSettings } from './options.ts';
import { Watch } from './watch.ts';
import type { Subscriber, WatchHost, WatchTarget } from './watch.ts';

/** Where a watch begins, and what ends it. */
export interface WatchOptions {
  /** The first revision of interest, which may be past; by default the next one that the store makes. */
  readonly fromRevision?: Revision;
  /** Ends the watch with ABORTED. */
  readonly signal?: AbortSignal;
}

/** After these a watch goes on elsewhere, or a little later. */
const PASSING: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'NOT_LEADER',
  'NO_LEADER',
  'LEADERSHIP_LOST',
  'SHUTTING_DOWN',
  'TOO_BUSY',
]);

/** The watches of a client: subscribes them at the leader, and again at every new one, from where each stands. */
export class Watches {
  readonly #settings: ClientSettings;
  readonly #connection: Connection;
  readonly #nextRequest: () => RequestId;
  readonly #open = new Set<Subscriber>();
  readonly #subscribed = new Map<RequestId, Subscriber>();
  readonly #backoff: Backoff;
  readonly #host: WatchHost;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(settings: ClientSettings, connection: Connection, nextRequest: () => RequestId) {
    this.#settings = settings;
    this.#connection = connection;
    this.#nextRequest = nextRequest;
    this.#backoff = new Backoff(settings.backoffMinMs, settings.backoffMaxMs);
    this.#host = {
      onHungry: (watch) => this.#subscribe(watch),
      onSated: (watch) => this.#unsubscribe(watch),
    };
  }

  get size(): number {
    return this.#open.size;
  }

  open<Event>(
    target: WatchTarget,
    { fromRevision, signal }: WatchOptions,
    shape: Shape<Event>,
  ): Watch<Event> {
    const watch = new Watch(target, fromRevision, this.#settings.watchBufferMax, this.#host, shape);
    if (this.#closed) {
      watch.end(new StoreError('CLOSED', 'the client is closed', { outcome: 'not-applied' }));
      return watch;
    }
    this.#open.add(watch);
    if (signal !== undefined) abortOn(watch, signal);
    if (!watch.isEnded) this.#subscribe(watch);
    return watch;
  }

  onStarted(frame: WatchStartedFrame): void {
    this.#subscribed.get(frame.request)?.start(frame.fromRevision);
  }

  onEvents(frame: WatchEventsFrame): void {
    this.#backoff.reset();
    const batch = new EventBatch(frame.events);
    for (const request of frame.requests) this.#onBatch(request, frame, batch);
  }

  #onBatch(request: RequestId, { after, revision }: WatchEventsFrame, batch: EventBatch): void {
    const watch = this.#subscribed.get(request);
    if (watch === undefined) return;
    // Also where it was never told from where on it watches.
    watch.start(after + 1);
    if (watch.misses(after)) {
      // Something between here and the node loses bytes: what is missing is asked for again.
      this.#unsubscribe(watch);
      this.#subscribe(watch);
      return;
    }
    watch.push(revision, batch);
  }

  /** The node will send no more for this watch. */
  onEnded(request: RequestId, code: ErrorCode, message: string, leader?: NodeId): void {
    const watch = this.#subscribed.get(request);
    if (watch === undefined) return;
    this.#subscribed.delete(request);
    watch.request = undefined;
    if (!PASSING.has(code)) {
      watch.end(new StoreError(code, message));
      return;
    }
    if (code !== 'TOO_BUSY') this.#connection.disown(leader);
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#subscribeAll();
    }, this.#backoff.nextMs());
  }

  /** There is another connection: all subscriptions are gone. */
  onSwitch(): void {
    for (const watch of this.#subscribed.values()) watch.request = undefined;
    this.#subscribed.clear();
    this.#subscribeAll();
  }

  /** There is a leader again: those that were ended meanwhile go on. */
  resume(): void {
    this.#subscribeAll();
  }

  /** Ends every watch, without an error. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    for (const watch of this.#open) watch.end(undefined);
  }

  #subscribeAll(): void {
    for (const watch of this.#open) this.#subscribe(watch);
  }

  #subscribe(watch: Subscriber): void {
    if (watch.request !== undefined || watch.isSated) return;
    const { leader } = this.#connection;
    if (leader === undefined) {
      this.#connection.open();
      return;
    }
    const request = this.#nextRequest();
    const { machine, key, prefix } = watch.target;
    watch.request = request;
    this.#subscribed.set(request, watch);
    leader.send({ kind: 'watch', request, machine, key, prefix, fromRevision: watch.nextRevision });
  }

  #unsubscribe(watch: Subscriber): void {
    if (watch.isEnded) this.#open.delete(watch);
    if (watch.request === undefined) return;
    this.#subscribed.delete(watch.request);
    this.#connection.current?.send({ kind: 'unwatch', request: watch.request });
    watch.request = undefined;
  }
}

function abortOn(watch: Subscriber, signal: AbortSignal): void {
  const onAbort = (): void => {
    const options = { outcome: 'not-applied', cause: signal.reason } as const;
    watch.end(new StoreError('ABORTED', 'the watch was aborted', options));
  };
  if (signal.aborted) {
    onAbort();
    return;
  }
  signal.addEventListener('abort', onAbort, { once: true });
  watch.unlisten = () => signal.removeEventListener('abort', onAbort);
}
