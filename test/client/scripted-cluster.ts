/**
 * Nodes that speak the wire protocol to a client and fail on command. They share one state, run by
 * the real machines and sessions, as if they replicated it perfectly; so what the client does wrong
 * on the way, such as applying a retry twice, shows in the state.
 */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import { ERROR_FACTS } from '../../src/base/errors.ts';
import type { ErrorCode } from '../../src/base/errors.ts';
import type { StoreEvent } from '../../src/machine/command.ts';
import { eventsFrom } from '../../src/machine/history.ts';
import { createKv } from '../../src/machine/kv/kv.ts';
import type { AnyMachine } from '../../src/machine/machine.ts';
import { RecordTree } from '../../src/machine/record-tree.ts';
import { registry } from '../../src/machine/registry/registry.ts';
import { createRoot } from '../../src/machine/root.ts';
import { shop } from '../../src/machine/shop/shop.ts';
import { decodeClientFrames } from '../../src/wire/client-codec.ts';
import type {
  ClientFrame,
  CommandFrame,
  MemberAddress,
  NodeStatus,
  QueryFrame,
  RequestId,
  ServerFrame,
  WatchFrame,
} from '../../src/wire/client-frames.ts';
import { encodeServerFrames } from '../../src/wire/server-codec.ts';

/** What a node does with a frame: undefined lets it do as usual. */
export type Fault =
  /** Applies it, and says nothing. */
  | 'mute'
  /** As if it had never come. */
  | 'ignore'
  /** Applies it, then breaks the connection instead of answering. */
  | 'cut-after'
  | 'cut-before'
  | ErrorCode;

interface Watch {
  readonly socket: WebSocket;
  readonly request: RequestId;
  readonly frame: WatchFrame;
  next: number;
}

const MACHINES = [createKv(), registry, shop] as unknown as readonly AnyMachine[];

export class ScriptedCluster {
  readonly #root = createRoot(MACHINES);
  readonly #tree = new RecordTree();
  readonly nodes: readonly ScriptedNode[];
  leader: number | undefined = 1;
  clusterId = 'test';
  /** Every frame that a client sent, with the node that it reached. */
  readonly seen: { readonly node: number; readonly frame: ClientFrame }[] = [];
  fault: (frame: ClientFrame, node: number) => Fault | undefined = () => undefined;
  /** Log time. */
  timeMs = 0;
  #index = 0;

  private constructor(servers: readonly WebSocketServer[]) {
    this.nodes = servers.map((server, at) => new ScriptedNode(this, at + 1, server));
  }

  static async start(size = 3): Promise<ScriptedCluster> {
    const servers = Array.from(
      { length: size },
      () => new WebSocketServer({ host: '127.0.0.1', port: 0, path: '/client' }),
    );
    await Promise.all(servers.map((server) => once(server, 'listening')));
    return new ScriptedCluster(servers);
  }

  get endpoints(): readonly string[] {
    return this.nodes.map((node) => node.address);
  }

  get revision(): number {
    return this.#root.revision(this.#tree);
  }

  node(id: number): ScriptedNode {
    return this.nodes[id - 1]!;
  }

  /** How often a command with this key or kind took effect is told by its version. */
  version(key: string): number {
    const { result } = this.#root.query(this.#tree, 'kv', { kind: 'get', key }) as {
      readonly result: { readonly entry?: { readonly version: number } };
    };
    return result.entry?.version ?? 0;
  }

  get sessions(): number {
    return this.#root.sessions(this.#tree);
  }

  command(frame: CommandFrame): ServerFrame {
    const { request, machine, session } = frame;
    const parsed = this.#root.parseCommand(machine, frame.body);
    if (parsed.kind !== 'parsed') return refusal(frame, 'BAD_REQUEST', this.leader, parsed.message);
    const body = parsed.value;
    this.#index++;
    const place = { index: this.#index, term: 1 };
    const logged = { machine, session, body, timeMs: this.timeMs, wallMs: 0 };
    const outcome = this.#root.apply(this.#tree, logged, place);
    this.deliver();
    if (outcome.kind === 'refused') return refusal(frame, outcome.code, this.leader, outcome.message);
    return {
      kind: 'result',
      request,
      result: outcome.result,
      revision: outcome.revision,
      index: outcome.index,
    };
  }

  query(frame: QueryFrame): ServerFrame {
    const { request, machine } = frame;
    const parsed = this.#root.parseQuery(machine, frame.body);
    if (parsed.kind !== 'parsed') return refusal(frame, 'BAD_REQUEST', this.leader, parsed.message);
    const outcome = this.#root.query(this.#tree, machine, parsed.value);
    if (outcome.kind === 'refused') return refusal(frame, outcome.code, this.leader, outcome.message);
    return {
      kind: 'result',
      request,
      result: outcome.result,
      revision: outcome.revision,
      index: this.#index,
    };
  }

  /** Tells every watch what there is to tell. */
  deliver(): void {
    for (const node of this.nodes) node.deliver();
  }

  eventsFrom(revision: number): readonly StoreEvent[] {
    return revision > this.revision ? [] : eventsFrom(this.#tree, revision, 2 ** 30);
  }

  async close(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.stop()));
  }
}

/** The error frame of a request, with the outcome that its code means. */
function refusal(
  { request, kind }: { readonly request: RequestId; readonly kind: string },
  code: ErrorCode,
  leader: number | undefined,
  message = 'as the test wants it',
): ServerFrame {
  const outcome = kind === 'query' ? 'not-applied' : ERROR_FACTS[code].outcome;
  return { kind: 'error', request, code, outcome, message, leader };
}

export class ScriptedNode {
  readonly #cluster: ScriptedCluster;
  readonly id: number;
  readonly address: string;
  #server: WebSocketServer;
  readonly #watches = new Set<Watch>();
  /** Who leads, as far as it knows. */
  believes: number | undefined | 'truth' = 'truth';
  /** Sends every batch of events twice. */
  stutters = false;
  /** The next frame of events gets lost on its way. */
  swallows = false;
  /** Accepts connections, then says nothing at all. */
  silent = false;

  constructor(cluster: ScriptedCluster, id: number, server: WebSocketServer) {
    this.#cluster = cluster;
    this.id = id;
    this.#server = server;
    this.address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    this.#listen();
  }

  get connections(): number {
    return this.#server.clients.size;
  }

  get watches(): number {
    return this.#watches.size;
  }

  get leader(): number | undefined {
    return this.believes === 'truth' ? this.#cluster.leader : this.believes;
  }

  /** Breaks all connections, as a crash does; new ones are taken. */
  cut(): void {
    for (const socket of this.#server.clients) socket.terminate();
  }

  /** Crashes: nobody can connect any more. */
  async stop(): Promise<void> {
    this.cut();
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
  }

  async restart(): Promise<void> {
    const port = Number(this.address.split(':')[1]);
    this.#server = new WebSocketServer({ host: '127.0.0.1', port, path: '/client' });
    await once(this.#server, 'listening');
    this.#listen();
  }

  send(socket: WebSocket, ...frames: readonly ServerFrame[]): void {
    if (!this.silent) socket.send(encodeServerFrames(frames));
  }

  /** Tells every client who leads and who the members are, as a node does when that changes. */
  announce(members: readonly MemberAddress[] = this.#cluster.nodes): void {
    const named = members.map(({ id, address }) => ({ id, address }));
    for (const socket of this.#server.clients) {
      this.send(socket, { kind: 'cluster', members: named, leader: this.leader });
    }
  }

  /** Ends every watch, as a node does that lost the majority. */
  endWatches(code: ErrorCode): void {
    for (const { socket, request } of this.#watches) {
      this.send(socket, { kind: 'watch-ended', request, code, message: 'as the test wants it' });
    }
    this.#watches.clear();
  }

  deliver(): void {
    for (const watches of this.#alike()) {
      const [{ socket, frame, next }] = watches;
      const events = this.#cluster.eventsFrom(next);
      if (events.length === 0) continue;
      const { revision } = this.#cluster;
      const selected = events.filter(
        ({ machine, key }) =>
          machine === frame.machine && (frame.prefix ? key.startsWith(frame.key) : key === frame.key),
      );
      for (const watch of watches) watch.next = revision + 1;
      const requests = watches.map(({ request }) => request);
      const after = next - 1;
      const told: ServerFrame = { kind: 'watch-events', requests, after, revision, events: selected };
      if (this.swallows) {
        this.swallows = false;
        continue;
      }
      this.send(socket, ...(this.stutters ? [told, told] : [told]));
    }
  }

  /** Watches that are told the same, by one frame. */
  #alike(): readonly (readonly [Watch, ...Watch[]])[] {
    const groups = new Map<string, [Watch, ...Watch[]]>();
    const sockets = [...this.#server.clients];
    for (const watch of this.#watches) {
      const { machine, key, prefix } = watch.frame;
      const place = JSON.stringify([sockets.indexOf(watch.socket), machine, key, prefix, watch.next]);
      const group = groups.get(place);
      if (group === undefined) groups.set(place, [watch]);
      else group.push(watch);
    }
    return [...groups.values()];
  }

  #listen(): void {
    this.#server.on('connection', (socket) => {
      socket.on('message', (data: Buffer) => {
        for (const frame of decodeClientFrames(data)) this.#onFrame(socket, frame);
      });
      socket.on('close', () => {
        for (const watch of this.#watches) if (watch.socket === socket) this.#watches.delete(watch);
      });
    });
  }

  #onFrame(socket: WebSocket, frame: ClientFrame): void {
    const cluster = this.#cluster;
    cluster.seen.push({ node: this.id, frame });
    const fault = cluster.fault(frame, this.id);
    if (fault === 'ignore') return;
    if (fault === 'cut-before') return socket.terminate();
    switch (frame.kind) {
      case 'hello':
        return this.send(socket, this.#welcome());
      case 'ping':
        return this.send(socket, { kind: 'pong' });
      case 'status-request':
        return this.send(socket, { kind: 'status', request: frame.request, status: this.#status() });
      case 'watch':
        return this.#watch(socket, frame, fault);
      case 'unwatch':
        for (const watch of this.#watches) {
          if (watch.socket === socket && watch.request === frame.request) this.#watches.delete(watch);
        }
        return;
      case 'command':
      case 'query':
        return this.#ask(socket, frame, fault);
      default:
        throw new Error(`no test has asked for a ${frame.kind}`);
    }
  }

  #ask(socket: WebSocket, frame: CommandFrame | QueryFrame, fault: Fault | undefined): void {
    const { leader } = this.#cluster;
    if (fault !== undefined && fault in ERROR_FACTS) {
      return this.send(socket, refusal(frame, fault as ErrorCode, this.leader));
    }
    const stale = frame.kind === 'query' && frame.consistency === 'stale';
    if (leader !== this.id && !stale) {
      const code = this.leader === undefined ? 'NO_LEADER' : 'NOT_LEADER';
      return this.send(socket, refusal(frame, code, this.leader));
    }
    const answer = frame.kind === 'command' ? this.#cluster.command(frame) : this.#cluster.query(frame);
    if (fault === 'mute') return;
    if (fault === 'cut-after') return socket.terminate();
    this.send(socket, answer);
  }

  #watch(socket: WebSocket, frame: WatchFrame, fault: Fault | undefined): void {
    const { request } = frame;
    if (fault !== undefined && fault in ERROR_FACTS) {
      const code = fault as ErrorCode;
      return this.send(socket, { kind: 'watch-ended', request, code, message: 'as the test wants it' });
    }
    const next = frame.fromRevision ?? this.#cluster.revision + 1;
    this.#watches.add({ socket, request, frame, next });
    this.send(socket, { kind: 'watch-started', request, fromRevision: next });
    this.deliver();
  }

  #welcome(): ServerFrame {
    const members = this.#cluster.nodes.map(({ id, address }) => ({ id, address }));
    return {
      kind: 'welcome',
      clusterId: this.#cluster.clusterId,
      nodeId: this.id,
      members,
      leader: this.leader,
    };
  }

  #status(): NodeStatus {
    const { revision, sessions } = this.#cluster;
    return {
      nodeId: this.id,
      clusterId: 'test',
      version: '0.0.0',
      pid: 1,
      role: this.leader === this.id ? 'leader' : 'follower',
      term: 1,
      leader: this.leader,
      commitIndex: 1,
      appliedIndex: 1,
      firstIndex: 1,
      lastIndex: 1,
      revision,
      compactedRevision: 0,
      sessions,
      watches: this.watches,
      connections: this.connections,
      stateBytes: 0,
      uptimeMs: 1,
      protocol: 2,
      clusterVersion: 2,
      alarms: [],
    };
  }
}
