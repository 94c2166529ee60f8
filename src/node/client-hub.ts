/**
 * All clients of a node, and who waits for what. It turns frames into inputs of the replica, and
 * answers of the replica into frames: the only place that knows both sides.
 */
import type { WebSocket } from 'ws';
import { present } from '../base/assert.ts';
import { ERROR_FACTS, type ErrorCode, StoreError } from '../base/errors.ts';
import type { NodeId } from '../base/flavor.ts';
import { RisingMap } from '../base/rising-map.ts';
import type { Root } from '../machine/root.ts';
import type { CallerId, Input, WatchId } from '../replica/input.ts';
import type { Reply, WatchEvents, WatchOutput } from '../replica/output.ts';
import type { AdminFrame, ClusterFrame } from '../wire/admin-frames.ts';
import type {
  CommandFrame,
  HelloFrame,
  NodeStatus,
  QueryFrame,
  RequestId,
  ServerFrame,
  WatchFrame,
  WelcomeFrame,
} from '../wire/client-frames.ts';
import { AdminDesk, type ClusterView } from './admin-desk.ts';
import { ClientConnection, type ConnectionHandler, type RequestFrame } from './client-connection.ts';
import type { NodeLimits } from './config.ts';
import type { EventLog } from './event-log.ts';
import { stages } from './stage-histograms.ts';

interface Caller {
  readonly connection: ClientConnection;
  readonly request: RequestId;
  /** A query that fails changed nothing, whatever the code says of commands. */
  readonly kind: 'command' | 'query';
  readonly bytes: number;
}

interface Watcher {
  readonly connection: ClientConnection;
  readonly request: RequestId;
}

export interface ClientHubOptions {
  readonly root: Root;
  readonly limits: NodeLimits;
  readonly log: EventLog;
  readonly clusterId: string;
  readonly welcome: () => WelcomeFrame;
  readonly status: () => NodeStatus;
  /** Why requests cannot be taken now, if so. */
  readonly refusal: () => { readonly code: ErrorCode; readonly message: string } | undefined;
  readonly leader: () => NodeId | undefined;
  readonly onInput: (input: Input) => void;
  /** Undefined while there is no replica. */
  readonly cluster: () => ClusterView | undefined;
}

export class ClientHub implements ConnectionHandler {
  readonly #options: ClientHubOptions;
  readonly #connections = new Set<ClientConnection>();
  readonly #callers = new RisingMap<Caller>();
  readonly #watchers = new Map<WatchId, Watcher>();
  /** Those that the node itself asks for. */
  readonly #asked = new Map<CallerId, (reply: Reply) => void>();
  readonly #desk: AdminDesk;
  #lastId = 0;
  #bytesInFlight = 0;

  constructor(options: ClientHubOptions) {
    this.#options = options;
    this.#desk = new AdminDesk({
      clusterId: options.clusterId,
      cluster: () => present(options.cluster(), 'requests are taken once there is a replica'),
      ask: (input) => this.ask(input),
    });
  }

  get connections(): number {
    return this.#connections.size;
  }

  /** Requests that wait for their answer. */
  get waiting(): number {
    return this.#callers.size + this.#asked.size;
  }

  accept(socket: WebSocket, remoteAddress: string): void {
    const { limits } = this.#options;
    const connection = new ClientConnection(socket, remoteAddress, this, limits);
    this.#connections.add(connection);
    if (this.#connections.size > limits.connectionsMax) {
      connection.close('CONNECTION_LIMIT', `this node takes ${limits.connectionsMax} connections`);
    }
  }

  /** Hands out what a turn gave; all frames for one connection leave together. */
  deliver(replies: readonly Reply[], watches: readonly WatchOutput[]): void {
    const sinceMs = stages.nowMs();
    const touched = new Set<ClientConnection>();
    for (const reply of replies) this.#reply(reply, touched);
    for (const output of watches) this.#watchOutput(output, touched);
    for (const connection of touched) connection.flush();
    if (touched.size > 0) stages.ended('reply', sinceMs);
  }

  /** Puts an input of the node's own to the replica. */
  ask(input: (caller: CallerId) => Input): Promise<Reply> {
    const caller = ++this.#lastId;
    return new Promise((resolve) => {
      this.#asked.set(caller, resolve);
      this.#options.onInput(input(caller));
    });
  }

  /** Tells every client at once. */
  announce(frame: ClusterFrame): void {
    for (const connection of this.#connections) {
      if (!connection.greeted) continue;
      connection.push(frame);
      connection.flush();
    }
  }

  /** Ends every watch, so that its client looks for another node. */
  endWatches(code: ErrorCode, message: string): void {
    for (const watch of this.#watchers.keys()) {
      this.#options.onInput({ kind: 'unwatch', watch });
      this.deliver([], [{ kind: 'ended', watch, code, message }]);
    }
  }

  /** Says goodbye to everyone. */
  close(code: ErrorCode, message: string): void {
    for (const connection of this.#connections) connection.close(code, message);
  }

  onHello(hello: HelloFrame): WelcomeFrame {
    const { clusterId, welcome } = this.#options;
    if (hello.clusterId !== undefined && hello.clusterId !== clusterId) {
      throw new StoreError('CLUSTER_MISMATCH', `this node is of cluster ${JSON.stringify(clusterId)}`);
    }
    return welcome();
  }

  onRequest(connection: ClientConnection, frame: RequestFrame, bytes: number): void {
    switch (frame.kind) {
      case 'status-request':
        return connection.push({ kind: 'status', request: frame.request, status: this.#options.status() });
      case 'unwatch':
        return this.#unwatch(connection, frame.request);
      case 'watch':
        return this.#watch(connection, frame);
      case 'command':
      case 'query':
        return this.#ask(connection, frame, bytes);
      default:
        return this.#serve(connection, frame);
    }
  }

  onSlow(watches: Iterable<WatchId>, slow: boolean): void {
    for (const watch of watches)
      this.#options.onInput({ kind: slow ? 'watch-pause' : 'watch-resume', watch });
  }

  onClose(connection: ClientConnection, error: StoreError | undefined): void {
    this.#connections.delete(connection);
    for (const watch of connection.watches.values()) {
      this.#watchers.delete(watch);
      this.#options.onInput({ kind: 'unwatch', watch });
    }
    if (error === undefined || error.code === 'SHUTTING_DOWN') return;
    const { remoteAddress } = connection;
    this.#options.log.warn('client refused', { remoteAddress, code: error.code, message: error.message });
  }

  /** What operators ask for. */
  #serve(connection: ClientConnection, frame: AdminFrame): void {
    const refused = this.#options.refusal();
    if (refused !== undefined) {
      return connection.push(
        errorFrame(frame.request, 'query', refused.code, refused.message, this.#options.leader()),
      );
    }
    connection.inFlight++;
    void this.#desk.serve(frame).then((answer) => {
      connection.inFlight--;
      connection.push(answer);
      connection.flush();
    });
  }

  #ask(connection: ClientConnection, frame: CommandFrame | QueryFrame, bytes: number): void {
    const { root, limits, refusal, onInput } = this.#options;
    const refused = refusal();
    if (refused !== undefined) return this.#refuse(connection, frame, refused.code, refused.message);
    if (connection.inFlight >= limits.requestsInFlightMax) {
      const message = `${limits.requestsInFlightMax} requests of this connection wait already`;
      return this.#refuse(connection, frame, 'TOO_BUSY', message);
    }
    if (this.#bytesInFlight + bytes > limits.requestBytesInFlightMax) {
      const message = `requests of ${limits.requestBytesInFlightMax} bytes wait already`;
      return this.#refuse(connection, frame, 'TOO_BUSY', message);
    }
    const { machine, request } = frame;
    const parsed =
      frame.kind === 'command'
        ? root.parseCommand(machine, frame.body)
        : root.parseQuery(machine, frame.body);
    if (parsed.kind === 'unknown-machine')
      return this.#refuse(connection, frame, 'UNKNOWN_MACHINE', parsed.message);
    if (parsed.kind === 'malformed') return this.#refuse(connection, frame, parsed.code, parsed.message);
    const caller = ++this.#lastId;
    const body = parsed.value;
    this.#callers.set(caller, { connection, request, kind: frame.kind, bytes });
    this.#bytesInFlight += bytes;
    connection.inFlight++;
    if (frame.kind === 'command') {
      onInput({ kind: 'command', caller, command: { machine, session: frame.session, body } });
    } else {
      const { consistency, maxStaleMs } = frame;
      onInput({ kind: 'query', caller, machine, body, consistency, maxStaleMs });
    }
  }

  #refuse(
    connection: ClientConnection,
    { request, kind }: CommandFrame | QueryFrame,
    code: ErrorCode,
    message: string,
  ): void {
    connection.push(errorFrame(request, kind, code, message, this.#options.leader()));
  }

  #watch(connection: ClientConnection, frame: WatchFrame): void {
    const { limits, refusal, root, onInput } = this.#options;
    const { request, machine, key, prefix, fromRevision } = frame;
    const refuse = (code: ErrorCode, message: string): void =>
      connection.push({ kind: 'watch-ended', request, code, message });
    if (connection.watches.has(request))
      throw new StoreError('PROTOCOL_VIOLATION', `watch ${request} is open already`);
    const refused = refusal();
    if (refused !== undefined) return refuse(refused.code, refused.message);
    if (connection.watches.size >= limits.watchesPerConnectionMax) {
      return refuse('WATCH_LIMIT', `a connection has at most ${limits.watchesPerConnectionMax} watches`);
    }
    if (!root.machines.includes(machine))
      return refuse('UNKNOWN_MACHINE', `no machine ${JSON.stringify(machine)} runs here`);
    const watch = ++this.#lastId;
    connection.watches.set(request, watch);
    this.#watchers.set(watch, { connection, request });
    onInput({ kind: 'watch', watch, selection: { machine, key, prefix }, fromRevision });
    if (connection.slow) onInput({ kind: 'watch-pause', watch });
  }

  /** One that is not open was ended meanwhile: nothing is wrong. */
  #unwatch(connection: ClientConnection, request: RequestId): void {
    const watch = connection.watches.get(request);
    if (watch === undefined) return;
    connection.watches.delete(request);
    this.#watchers.delete(watch);
    this.#options.onInput({ kind: 'unwatch', watch });
  }

  #reply(reply: Reply, touched: Set<ClientConnection>): void {
    const resolve = this.#asked.get(reply.caller);
    if (resolve !== undefined) {
      this.#asked.delete(reply.caller);
      return resolve(reply);
    }
    const caller = present(this.#callers.get(reply.caller), 'a caller is answered once');
    this.#callers.delete(reply.caller);
    const { connection, request, kind, bytes } = caller;
    this.#bytesInFlight -= bytes;
    connection.inFlight--;
    if (reply.kind === 'result') {
      const { result, revision, index, staleMs } = reply;
      connection.push({ kind: 'result', request, result, revision, index, staleMs });
    } else {
      connection.push(errorFrame(request, kind, reply.code, reply.message, reply.leader));
    }
    touched.add(connection);
  }

  #watchOutput(output: WatchOutput, touched: Set<ClientConnection>): void {
    if (output.kind === 'events') return this.#watchEvents(output, touched);
    const watcher = this.#watchers.get(output.watch);
    if (watcher === undefined) return;
    const { connection, request } = watcher;
    touched.add(connection);
    if (output.kind === 'started') {
      return connection.push({ kind: 'watch-started', request, fromRevision: output.fromRevision });
    }
    this.#watchers.delete(output.watch);
    connection.watches.delete(request);
    connection.push({ kind: 'watch-ended', request, code: output.code, message: output.message });
  }

  /** One frame for all watches of a connection. */
  #watchEvents({ watches, after, revision, events }: WatchEvents, touched: Set<ClientConnection>): void {
    const requestsOf = new Map<ClientConnection, RequestId[]>();
    for (const watch of watches) {
      const watcher = this.#watchers.get(watch);
      if (watcher === undefined) continue;
      const requests = requestsOf.get(watcher.connection);
      if (requests === undefined) requestsOf.set(watcher.connection, [watcher.request]);
      else requests.push(watcher.request);
    }
    for (const [connection, requests] of requestsOf) {
      connection.push({ kind: 'watch-events', requests, after, revision, events });
      touched.add(connection);
    }
  }
}

function errorFrame(
  request: RequestId,
  kind: Caller['kind'],
  code: ErrorCode,
  message: string,
  leader: NodeId | undefined,
): ServerFrame {
  const outcome = kind === 'query' ? 'not-applied' : ERROR_FACTS[code].outcome;
  return { kind: 'error', request, code, outcome, message, leader };
}
