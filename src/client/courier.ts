import type { StoreEvent } from '../machine/command.ts';
import type { RequestId, ServerFrame } from '../wire/client-frames.ts';
import type { AdminRequest, Question, Reply } from './call.ts';
import { Calls } from './calls.ts';
import { Connection } from './connection.ts';
import { readChoice } from './options.ts';
import type { CallOptions, ClientSettings, ReadChoice, ReadOptions } from './options.ts';
import { Readers } from './readers.ts';
import { probeStatus } from './status-probe.ts';
import type { StatusProbe } from './status-probe.ts';
import type { Watch, WatchTarget } from './watch.ts';
import { Watches } from './watches.ts';
import type { WatchOptions } from './watches.ts';

/** Carries commands, queries and watches of every machine to the cluster, and what comes back. */
export class Courier {
  readonly #settings: ClientSettings;
  readonly #connection: Connection;
  readonly #calls: Calls;
  readonly #watches: Watches;
  readonly #readers: Readers;
  readonly #onClose = new Set<() => void>();
  #closing: Promise<void> | undefined;

  constructor(settings: ClientSettings) {
    let requests = 0;
    const nextRequest = (): RequestId => ++requests;
    this.#settings = settings;
    this.#connection = new Connection(settings, {
      onSwitch: () => this.#onSwitch(),
      onLeading: () => this.#onLeading(),
      isWanted: () => this.#calls.size > 0 || this.#watches.size > 0 || this.#readers.size > 0,
      onFrames: (frames) => this.#onFrames(frames),
      onDrain: () => this.#calls.pump(),
      onRefused: (frame, error) => this.#calls.onRefused(frame, error),
    });
    this.#calls = new Calls(settings, this.#connection, nextRequest);
    this.#watches = new Watches(settings, this.#connection, nextRequest);
    this.#readers = new Readers(settings, this.#connection, nextRequest);
  }

  /** Endpoints given, and learnt from the nodes. */
  get endpoints(): readonly string[] {
    return this.#connection.endpoints;
  }

  /** Applied once at most, however often it is sent. */
  command<T>(machine: string, body: unknown, options: CallOptions, shape: (reply: Reply) => T): Promise<T> {
    return this.#calls.submit('session-command', machine, body, options, shape);
  }

  /** Rejects with BAD_REQUEST if the options contradict each other. */
  query<T>(machine: string, body: unknown, options: ReadOptions, shape: (reply: Reply) => T): Promise<T> {
    let choice: ReadChoice;
    try {
      choice = readChoice(options);
    } catch (error) {
      return Promise.reject(error);
    }
    const { consistency, maxStaleMs, from } = choice;
    const question: Question = { body, consistency, maxStaleMs };
    if (from === 'any' || typeof from === 'number')
      return this.#readers.query(from, machine, question, options, shape);
    const kind = from === 'leader' ? 'query' : 'stale-query';
    return this.#calls.submit(kind, machine, question, options, shape);
  }

  /** What operators ask for, which may take effect more than once if its answer is lost. */
  adminChange<T>(request: AdminRequest, options: CallOptions, shape: (reply: Reply) => T): Promise<T> {
    return this.#calls.submit('admin-change', '', request, options, shape);
  }

  /** What operators ask about; stale from any node. */
  adminQuery<T>(request: AdminRequest, options: ReadOptions, shape: (reply: Reply) => T): Promise<T> {
    const kind = options.consistency === 'stale' ? 'stale-admin-query' : 'admin-query';
    return this.#calls.submit(kind, '', request, options, shape);
  }

  watch<Event>(
    target: WatchTarget,
    options: WatchOptions,
    shape: (event: StoreEvent) => Event,
  ): Watch<Event> {
    return this.#watches.open(target, options, shape);
  }

  /** Settles when there is a connection to the leader. */
  ready(options: CallOptions): Promise<void> {
    return this.#calls.submit('ready', '', undefined, options, () => undefined);
  }

  probe(endpoint: string, options: CallOptions): Promise<StatusProbe> {
    return probeStatus(endpoint, this.#settings, options);
  }

  /** Calls back when the client is closed; returns how to take that back. */
  onClose(action: () => void): () => void {
    this.#onClose.add(action);
    return () => this.#onClose.delete(action);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    for (const action of this.#onClose) action();
    this.#watches.close();
    await Promise.all([this.#calls.close(), this.#readers.close()]);
    await this.#connection.close();
  }

  /** Watches first: whoever watches and then writes sees the write. */
  #onSwitch(): void {
    this.#watches.onSwitch();
    this.#calls.onSwitch();
  }

  #onLeading(): void {
    this.#watches.resume();
    this.#calls.pump();
  }

  #onFrames(frames: readonly ServerFrame[]): void {
    for (const frame of frames) this.#onFrame(frame);
    this.#calls.pump();
  }

  #onFrame(frame: ServerFrame): void {
    switch (frame.kind) {
      case 'result':
        this.#calls.onResult(frame);
        break;
      case 'error':
        if (!this.#calls.onError(frame)) {
          this.#watches.onEnded(frame.request, frame.code, frame.message, frame.leader);
        }
        break;
      case 'members':
      case 'placed':
        this.#calls.onAdminAnswer(frame);
        break;
      case 'watch-started':
        this.#watches.onStarted(frame);
        break;
      case 'watch-events':
        this.#watches.onEvents(frame);
        break;
      case 'watch-ended':
        this.#watches.onEnded(frame.request, frame.code, frame.message);
        break;
      default:
      // A pong has done its work by arriving; a goodbye is followed by the end of the connection.
    }
  }
}
