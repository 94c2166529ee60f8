/** A cluster made to be broken: proxies between its nodes, a disk and a clock of its own for each. */
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type { NodeId } from '../../src/base/flavor.ts';
import { SeededRandom } from '../../src/base/seeded-random.ts';
import { FakedClock } from '../../cluster/faults/faked-clock.ts';
import { FaultNetwork } from '../../cluster/faults/fault-network.ts';
import { InjectedDisk } from '../../cluster/faults/injected-disk.ts';
import { LoopDisk } from '../../cluster/faults/loop-disk.ts';
import { ClusterError } from '../../cluster/cluster-error.ts';
import { LocalCluster } from '../../cluster/local-cluster.ts';
import { findFreeBlock } from '../../cluster/ports.ts';
import type { Tool } from './faults/all-faults.ts';

const DISK_BYTES = 1024 * 1024 * 1024;
const LEADER_TIMEOUT_MS = 60_000;
/** Below the ports that the system gives to outgoing connections. */
const PORTS: readonly [from: number, to: number] = [20_000, 30_000];

export interface ArenaOptions {
  readonly path: string;
  readonly nodes: number;
  readonly seed: number;
  readonly has: ReadonlySet<Tool>;
  /** Whether clocks and disks are to be changed while nodes run: they are a little slower for it. */
  readonly fakes: boolean;
  readonly nodeFlags: readonly string[];
}

type Parts = Pick<Arena, 'cluster' | 'network' | 'disks' | 'clocks' | 'injected'>;

export class Arena {
  readonly cluster: LocalCluster;
  readonly network: FaultNetwork;
  readonly disks: ReadonlyMap<NodeId, LoopDisk>;
  readonly clocks: ReadonlyMap<NodeId, FakedClock>;
  readonly injected: ReadonlyMap<NodeId, InjectedDisk>;
  #closed = false;
  readonly #onExit = (): void => this.#removeNow();

  private constructor(parts: Parts) {
    this.cluster = parts.cluster;
    this.network = parts.network;
    this.disks = parts.disks;
    this.clocks = parts.clocks;
    this.injected = parts.injected;
    process.on('exit', this.#onExit);
  }

  /** A cluster of which no node was started yet. */
  static async create(options: ArenaOptions): Promise<Arena> {
    const { path, nodes, seed, has, fakes, nodeFlags } = options;
    mkdirSync(path, { recursive: true });
    const ids = Array.from({ length: nodes }, (_, at) => at + 1);
    const firstPort = await findFreeBlock(PORTS[0] + ((process.pid * 20) % (PORTS[1] - PORTS[0])), 2 * nodes);
    if (firstPort === undefined) throw new ClusterError('bad-request', 'there are not enough free ports');
    const places = ids.map((id) => ({
      id,
      address: `127.0.0.1:${firstPort + nodes + id - 1}`,
      listen: `127.0.0.1:${firstPort + id - 1}`,
    }));
    const faked = fakes ? ids : [];
    const fromInside = !has.has('libfaketime');
    const clocks = new Map(faked.map((id) => [id, new FakedClock(path, `n${id}`, { fromInside })]));
    const outside = has.has('loop-disks') && has.has('strace');
    const injected = new Map((outside ? [] : faked).map((id) => [id, new InjectedDisk(path, `n${id}`)]));
    const cluster = await LocalCluster.create({
      path,
      size: nodes,
      firstPort,
      places,
      nodeFlags,
      environment: (id) => ({ ...clocks.get(id)?.environment, ...injected.get(id)?.environment }),
    });
    const network = new FaultNetwork(new SeededRandom(seed));
    for (const place of places) await network.add(place);
    const disks = new Map<NodeId, LoopDisk>();
    const arena = new Arena({ cluster, network, disks, clocks, injected });
    if (has.has('loop-disks')) {
      for (const id of ids)
        disks.set(id, new LoopDisk(dirname(cluster.directory.dataPath(id)), 'data', DISK_BYTES));
      await Promise.all([...disks.values()].map((disk) => disk.create()));
    }
    return arena;
  }

  async start(): Promise<NodeId> {
    await this.cluster.start();
    return this.cluster.waitUntilLed(LEADER_TIMEOUT_MS);
  }

  /** Ends the processes, unmounts the disks, and leaves the logs. May be called again. */
  async close(): Promise<void> {
    const { cluster } = this;
    if (this.#closed) return;
    this.#closed = true;
    await Promise.all(cluster.living.map((id) => cluster.kill(id)));
    await this.network.close();
    for (const disk of this.disks.values()) disk.removeNow();
    process.off('exit', this.#onExit);
  }

  /** For when there is no time to wait. */
  #removeNow(): void {
    for (const id of this.cluster.living) {
      const pid = this.cluster.directory.readProcess(id)?.pid;
      if (pid !== undefined) execFileSync('kill', ['-9', String(pid)]);
    }
    for (const disk of this.disks.values()) disk.removeNow();
  }
}
