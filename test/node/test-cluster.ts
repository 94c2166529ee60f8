/** Whole nodes in this process, on real sockets of this machine, with memory for disks. */
import { createServer } from 'node:net';
import { type NodeLimits, nodeConfig, type NodeSettings } from '../../src/node/config.ts';
import type { EventLog, LogFields } from '../../src/node/event-log.ts';
import { type RunningNode, startNode } from '../../src/node/node.ts';
import type { MemberAddress } from '../../src/wire/client-frames.ts';
import { MemoryDirectory } from './memory-storages.ts';
import { RawClient, until } from './raw-client.ts';

/** Ports that were free a moment ago. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      return server;
    }),
  );
  const ports = servers.map((server) => {
    const address = server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  });
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

export interface LoggedEvent {
  readonly event: string;
  readonly fields: LogFields;
}

export class TestCluster implements AsyncDisposable {
  readonly members: readonly MemberAddress[];
  readonly nodes: Map<number, RunningNode> = new Map();
  readonly directories: Map<number, MemoryDirectory> = new Map();
  readonly events: LoggedEvent[] = [];
  readonly #limits: Partial<NodeLimits>;
  readonly #clients: RawClient[] = [];

  private constructor(members: readonly MemberAddress[], limits: Partial<NodeLimits>) {
    this.members = members;
    this.#limits = limits;
  }

  static async create(count: number, limits: Partial<NodeLimits> = {}): Promise<TestCluster> {
    const ports = await freePorts(count);
    const members = ports.map((port, at) => ({ id: at + 1, address: `127.0.0.1:${port}` }));
    return new TestCluster(members, limits);
  }

  /** With all its nodes running. */
  static async start(count: number, limits: Partial<NodeLimits> = {}): Promise<TestCluster> {
    const cluster = await TestCluster.create(count, limits);
    await Promise.all(cluster.members.map(({ id }) => cluster.startNode(id)));
    return cluster;
  }

  async startNode(id: number, settings: Partial<NodeSettings> = {}): Promise<RunningNode> {
    const directory = this.directories.get(id) ?? new MemoryDirectory();
    this.directories.set(id, directory);
    const config = nodeConfig({
      id,
      clusterId: 'test',
      members: this.members,
      directory: 'memory',
      tickMs: 5,
      allowFaults: true,
      limits: { redialMsMax: 100, ...this.#limits },
      ...settings,
    });
    const node = await startNode(config, { log: this.#log(), openStorages: directory.open });
    this.nodes.set(id, node);
    return node;
  }

  address(id: number): string {
    return this.members[id - 1]!.address;
  }

  /** The node that serves, once there is one. */
  leader(): Promise<number> {
    return until('a leader', async () => {
      for (const [id, node] of this.nodes) {
        if (node.status().role !== 'leader') continue;
        const { status } = await fetch(`http://${node.address}/ready`);
        if (status === 200) return id;
      }
      return undefined;
    });
  }

  async client(id: number): Promise<RawClient> {
    const client = await RawClient.open(this.address(id));
    this.#clients.push(client);
    return client;
  }

  logged(event: string): readonly LogFields[] {
    return this.events.filter((logged) => logged.event === event).map(({ fields }) => fields);
  }

  async stop(id: number): Promise<void> {
    const node = this.nodes.get(id);
    this.nodes.delete(id);
    await node?.stop();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) client.close();
    await Promise.all([...this.nodes.values()].map((node) => node.stop()));
  }

  #log(): EventLog {
    const note = (event: string, fields: LogFields = {}): void => void this.events.push({ event, fields });
    return { info: note, warn: note, error: note };
  }
}

/** A client's session, for commands that need one. */
export class TestSession {
  readonly #client: RawClient;
  readonly #id: number;
  #sequence = 0;

  private constructor(client: RawClient, id: number) {
    this.#client = client;
    this.#id = id;
  }

  static async open(client: RawClient): Promise<TestSession> {
    const opened = await client.ask({
      kind: 'command',
      machine: 'sessions',
      session: undefined,
      body: { kind: 'open', ttlMs: 60_000 },
    });
    if (opened.kind === 'error') throw new Error(`${opened.code}: ${opened.message}`);
    return new TestSession(client, (opened.result as { id: number }).id);
  }

  command(body: unknown): ReturnType<RawClient['ask']> {
    return this.ask('kv', body);
  }

  ask(machine: string, body: unknown): ReturnType<RawClient['ask']> {
    const sequence = ++this.#sequence;
    const session = { id: this.#id, sequence, ackedBelow: sequence };
    return this.#client.ask({ kind: 'command', machine, session, body });
  }

  put(key: string, value: string): ReturnType<RawClient['ask']> {
    return this.command({ kind: 'put', key, value: new TextEncoder().encode(value) });
  }
}

export function get(client: RawClient, key: string): ReturnType<RawClient['ask']> {
  return client.ask({
    kind: 'query',
    machine: 'kv',
    consistency: 'linearizable',
    body: { kind: 'get', key },
  });
}
