import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jetstreamManager } from '@nats-io/jetstream';
import { type KV, Kvm } from '@nats-io/kv';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { waitUntil } from '../../cluster/wait-until.ts';
import { freePorts } from './free-ports.ts';
import { pidsOf, ServerProcess } from './server-process.ts';
import type { StoreTarget } from './target.ts';

const READY_MS = 60_000;
const SIZE = 3;
const BUCKET = 'bench';
const STREAM = `KV_${BUCKET}`;
/** So that neither end waits longer than it must once a server is gone. */
const RECONNECT_MS = 10;
/** The first release that can sync a write before it is acknowledged. */
const SYNCING = { major: 2, minor: 10 };

interface Server {
  readonly name: string;
  readonly client: string;
  readonly route: string;
}

/**
 * A bucket of NATS JetStream with a replica on each of three servers, in files. A get is answered by the
 * leader of the bucket, which does not ask the others whether it still leads: the strongest read there is.
 * A server older than 2.10 cannot sync a write before it answers, and its name says so.
 */
export class NatsTarget implements StoreTarget {
  readonly name: string;
  readonly directory: string;
  readonly #servers: readonly Server[];
  readonly #syncs: boolean;
  #processes: ServerProcess[] = [];
  #connection: NatsConnection | undefined;
  #bucket: KV | undefined;
  #killed: number | undefined;

  private constructor(directory: string, servers: readonly Server[], version: string) {
    const [major = 0, minor = 0] = version.split('.').map(Number);
    this.#syncs = major > SYNCING.major || (major === SYNCING.major && minor >= SYNCING.minor);
    this.name = this.#syncs ? 'nats' : 'nats, no fsync';
    this.directory = directory;
    this.#servers = servers;
  }

  static async create(firstPort: number, version: string): Promise<NatsTarget> {
    const directory = await mkdtemp(join(tmpdir(), 'kvorum-bench-nats-'));
    const ports = await freePorts(firstPort, 2 * SIZE);
    const servers = Array.from({ length: SIZE }, (_, at): Server => {
      const [client, route] = ports.slice(2 * at).map((port) => `127.0.0.1:${port}`);
      return { name: `n${at}`, client: client ?? '', route: route ?? '' };
    });
    return new NatsTarget(directory, servers, version);
  }

  get pids(): readonly number[] {
    return pidsOf(this.#processes);
  }

  async start(): Promise<void> {
    for (const server of this.#servers)
      await writeFile(this.#configurationOf(server), this.#configuration(server));
    this.#processes = this.#servers.map((server) => this.#spawn(server));
    this.#connection = await this.#connect();
    const manager = new Kvm(this.#connection);
    this.#bucket = await untilDone('a bucket of NATS', () =>
      manager.create(BUCKET, { replicas: SIZE, history: 1, allow_direct: false }),
    );
    await this.#untilWritable();
  }

  async put(key: string, value: Uint8Array): Promise<void> {
    await this.#kv.put(key, value);
  }

  async get(key: string): Promise<void> {
    await this.#kv.get(key);
  }

  async killLeader(): Promise<number> {
    const { cluster } = await this.#streamInfo();
    this.#killed = this.#servers.findIndex(({ name }) => name === cluster?.leader);
    const leader = this.#processes[this.#killed];
    if (leader === undefined) throw new Error('no server of NATS leads the bucket');
    const killedMs = performance.now();
    void leader.kill();
    return killedMs;
  }

  async revive(): Promise<void> {
    const killed = this.#killed;
    const server = this.#servers[killed ?? -1];
    if (killed === undefined || server === undefined) return;
    await this.#processes[killed]?.kill();
    this.#processes[killed] = this.#spawn(server);
    await waitUntil({ what: 'all replicas of the bucket', timeoutMs: READY_MS }, async () => {
      const { cluster } = await this.#streamInfo();
      const current = cluster?.replicas?.filter(({ current, offline }) => current && !offline);
      return current?.length === SIZE - 1 || undefined;
    });
    this.#killed = undefined;
  }

  async stop(): Promise<void> {
    await this.#connection?.close();
    await Promise.all(this.#processes.map((each) => each.kill()));
    await rm(this.directory, { recursive: true, force: true });
  }

  get #kv(): KV {
    if (this.#bucket === undefined) throw new TypeError('the bucket is used once it is there');
    return this.#bucket;
  }

  #connect(): Promise<NatsConnection> {
    const servers = this.#servers.map(({ client }) => client);
    const often = {
      reconnectTimeWait: RECONNECT_MS,
      reconnectJitter: RECONNECT_MS,
      maxReconnectAttempts: -1,
    };
    return untilDone('a server of NATS', () => connect({ servers, ...often }));
  }

  async #streamInfo(): ReturnType<Awaited<ReturnType<typeof jetstreamManager>>['streams']['info']> {
    return untilDone('the leader of the bucket', async () => {
      if (this.#connection === undefined) throw new TypeError('NATS is asked once it is connected');
      const manager = await jetstreamManager(this.#connection);
      return manager.streams.info(STREAM);
    });
  }

  async #untilWritable(): Promise<void> {
    await untilDone('a NATS that takes writes', () => this.#kv.put('ready', 'yes'));
  }

  #configurationOf({ name }: Server): string {
    return join(this.directory, `${name}.conf`);
  }

  #configuration({ name, client, route }: Server): string {
    const routes = this.#servers.map((other) => `"nats://${other.route}"`).join(', ');
    const sync = this.#syncs ? '\n  sync_interval: always' : '';
    return `server_name: ${name}
listen: "${client}"
jetstream {
  store_dir: "${join(this.directory, name)}"${sync}
}
cluster {
  name: ${BUCKET}
  listen: "${route}"
  routes: [${routes}]
}
`;
  }

  #spawn(server: Server): ServerProcess {
    return new ServerProcess('nats-server', ['--config', this.#configurationOf(server)]);
  }
}

/** Tries until it works. */
function untilDone<T extends object | number>(what: string, attempt: () => Promise<T>): Promise<T> {
  return waitUntil({ what, timeoutMs: READY_MS }, async () => {
    try {
      return await attempt();
    } catch {
      return undefined; // not there yet
    }
  });
}
