import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LocalCluster } from '../../cluster/local-cluster.ts';
import { waitUntil } from '../../cluster/wait-until.ts';
import type { NodeId } from '../../src/base/flavor.ts';
import { type Client, connect } from '../../src/client/client.ts';
import type { WatchableTarget } from './target.ts';

const READY_MS = 60_000;
const IN_FLIGHT_MAX = 4096;

export interface KvorumOptions {
  readonly firstPort: number;
  readonly size?: number;
  /** Handed to every node. */
  readonly nodeFlags?: readonly string[];
  /** Variables that every node is started with. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** Nodes of Kvorum on this machine, with their defaults, and one client in this process. */
export class KvorumTarget implements WatchableTarget {
  readonly name = 'kvorum';
  readonly cluster: LocalCluster;
  readonly client: Client;
  #killed: NodeId | undefined;

  private constructor(cluster: LocalCluster) {
    this.cluster = cluster;
    this.client = connect(cluster.endpoints, { inFlightMax: IN_FLIGHT_MAX });
  }

  static async create(options: KvorumOptions): Promise<KvorumTarget> {
    const { firstPort, size = 3, nodeFlags = [], environment = {} } = options;
    const path = await mkdtemp(join(tmpdir(), 'kvorum-bench-'));
    const nodes = { path, size, firstPort, nodeFlags, environment: () => environment };
    return new KvorumTarget(await LocalCluster.create(nodes));
  }

  get pids(): readonly number[] {
    return this.cluster.living.flatMap((id) => this.pidOf(id) ?? []);
  }

  get directory(): string {
    return this.cluster.directory.path;
  }

  async start(): Promise<void> {
    await this.cluster.start();
    await this.client.ready({ timeoutMs: READY_MS });
  }

  async put(key: string, value: Uint8Array): Promise<void> {
    await this.client.kv.put(key, value);
  }

  async get(key: string): Promise<void> {
    await this.client.kv.get(key);
  }

  watch(prefix: string, onEvent: () => void): () => Promise<void> {
    const watch = this.client.watch({ prefix });
    const reading = (async () => {
      for await (const _ of watch) onEvent();
    })();
    return async () => {
      await watch.return();
      await reading;
    };
  }

  /** The node that leads, and one that follows. */
  async roles(): Promise<{ readonly leader: NodeId; readonly follower: NodeId }> {
    const leader = await this.cluster.waitUntilLed(READY_MS);
    const follower = this.cluster.ids.find((id) => id !== leader);
    if (follower === undefined) throw new TypeError('a cluster of several nodes has a follower');
    return { leader, follower };
  }

  /** Of the node's process. */
  pidOf(id: NodeId): number | undefined {
    return this.cluster.directory.readProcess(id)?.pid;
  }

  async killLeader(): Promise<number> {
    const { leader } = await this.roles();
    const pid = this.pidOf(leader);
    if (pid === undefined) throw new TypeError('a node that leads has a process');
    this.#killed = leader;
    const killedMs = performance.now();
    process.kill(pid, 'SIGKILL');
    return killedMs;
  }

  async revive(): Promise<void> {
    const id = this.#killed;
    if (id === undefined) return;
    await this.cluster.kill(id);
    await this.#startOne(id);
    this.#killed = undefined;
  }

  /** How long it takes a follower from its start to being ready, in ms. */
  async restartFollower(): Promise<number> {
    const { follower } = await this.roles();
    await this.cluster.stop([follower]);
    const startMs = performance.now();
    await this.#startOne(follower);
    return performance.now() - startMs;
  }

  async stop(): Promise<void> {
    await this.client.close();
    await this.cluster.stop();
    await rm(this.directory, { recursive: true, force: true });
  }

  async #startOne(id: NodeId): Promise<void> {
    await this.cluster.start([id]);
    await waitUntil({ what: `node ${id} is ready`, timeoutMs: READY_MS }, () => this.#isReady(id));
  }

  async #isReady(id: NodeId): Promise<true | undefined> {
    try {
      return (await fetch(`http://${this.cluster.addressOf(id)}/ready`)).ok || undefined;
    } catch {
      return undefined; // not there yet
    }
  }
}
