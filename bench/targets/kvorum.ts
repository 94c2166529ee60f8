import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LocalCluster } from '../../cluster/local-cluster.ts';
import { waitUntil } from '../../cluster/wait-until.ts';
import type { NodeId } from '../../src/base/flavor.ts';
import { type Client, connect } from '../../src/client/client.ts';
import type { Target } from './target.ts';

const READY_MS = 60_000;
const IN_FLIGHT_MAX = 4096;

export interface KvorumOptions {
  readonly firstPort: number;
  readonly size?: number;
  /** Handed to every node. */
  readonly nodeFlags?: readonly string[];
}

/** Nodes of Kvorum on this machine, with their defaults, and one client in this process. */
export class KvorumTarget implements Target {
  readonly name = 'kvorum';
  readonly cluster: LocalCluster;
  readonly client: Client;
  #killed: NodeId | undefined;

  private constructor(cluster: LocalCluster) {
    this.cluster = cluster;
    this.client = connect(cluster.endpoints, { inFlightMax: IN_FLIGHT_MAX });
  }

  static async start({ firstPort, size = 3, nodeFlags = [] }: KvorumOptions): Promise<KvorumTarget> {
    const path = await mkdtemp(join(tmpdir(), 'kvorum-bench-'));
    const cluster = await LocalCluster.create({ path, size, firstPort, nodeFlags });
    await cluster.start();
    const target = new KvorumTarget(cluster);
    await target.client.ready({ timeoutMs: READY_MS });
    return target;
  }

  get pids(): readonly number[] {
    return this.cluster.living.flatMap((id) => this.cluster.directory.readProcess(id)?.pid ?? []);
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

  async killLeader(): Promise<number> {
    const leader = await this.cluster.waitUntilLed(READY_MS);
    const pid = this.cluster.directory.readProcess(leader)?.pid;
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
    await this.cluster.start([id]);
    await waitUntil({ what: `node ${id} is ready`, timeoutMs: READY_MS }, () => this.#isReady(id));
    this.#killed = undefined;
  }

  /** How long it takes a follower from its start to being ready, in ms. */
  async restartFollower(): Promise<number> {
    const leader = await this.cluster.waitUntilLed(READY_MS);
    const follower = this.cluster.ids.find((id) => id !== leader);
    if (follower === undefined) throw new TypeError('a cluster of several nodes has a follower');
    await this.cluster.stop([follower]);
    const startMs = performance.now();
    await this.cluster.start([follower]);
    await waitUntil({ what: `node ${follower} is ready`, timeoutMs: READY_MS }, () =>
      this.#isReady(follower),
    );
    return performance.now() - startMs;
  }

  async stop(): Promise<void> {
    await this.client.close();
    await this.cluster.stop();
    await rm(this.cluster.directory.path, { recursive: true, force: true });
  }

  async #isReady(id: NodeId): Promise<true | undefined> {
    try {
      return (await fetch(`http://${this.cluster.addressOf(id)}/ready`)).ok || undefined;
    } catch {
      return undefined; // not there yet
    }
  }
}
