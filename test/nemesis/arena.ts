/** A cluster made to be broken: proxies between its nodes, a disk and a clock of its own for each. */
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { present } from '../../src/base/assert.ts';
import type { NodeId } from '../../src/base/flavor.ts';
import { SeededRandom } from '../../src/base/seeded-random.ts';
import { FakedClock } from '../../cluster/faults/faked-clock.ts';
import { FaultNetwork } from '../../cluster/faults/fault-network.ts';
import { InjectedDisk } from '../../cluster/faults/injected-disk.ts';
import { LoopDisk } from '../../cluster/faults/loop-disk.ts';
import { ClusterError } from '../../cluster/cluster-error.ts';
import type { NodePlace } from '../../cluster/cluster-file.ts';
import { LocalCluster } from '../../cluster/local-cluster.ts';
import { joinNode } from '../../cluster/join-node.ts';
import { findFreeBlock } from '../../cluster/ports.ts';
import type { Tool } from './faults/all-faults.ts';

const DISK_BYTES = 1024 * 1024 * 1024;
const LEADER_TIMEOUT_MS = 60_000;
/** Behind all other faults of a round. */
const JOIN_TIMEOUT_MS = 90_000;
/** Below the ports that the system gives to outgoing connections. */
const PORTS: readonly [from: number, to: number] = [20_000, 30_000];
/** Two runs at the same time begin so far from each other. */
const PORTS_APART = 100;

export interface ArenaOptions {
  readonly path: string;
  readonly nodes: number;
  readonly seed: number;
  readonly has: ReadonlySet<Tool>;
  /** Whether clocks and disks are to be changed while nodes run: they are a little slower for it. */
  readonly fakes: boolean;
  readonly nodeFlags: readonly string[];
}

export interface Newcomer {
  /** Whose place it takes once it has caught up. */
  readonly replaces: NodeId | undefined;
  /** Otherwise it stays a learner. */
  readonly wantsVote: boolean;
  /** Told its id before anyone else can know of it. */
  readonly onNamed: (id: NodeId) => void;
}

/** A signal ends the process as its end does: with what is mounted and started taken down. */
export function exitOnSignals(): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130));
}

export class Arena {
  readonly network: FaultNetwork;
  readonly disks: ReadonlyMap<NodeId, LoopDisk>;
  readonly clocks: ReadonlyMap<NodeId, FakedClock>;
  readonly injected: ReadonlyMap<NodeId, InjectedDisk>;
  readonly #options: ArenaOptions;
  readonly #disks = new Map<NodeId, LoopDisk>();
  readonly #clocks = new Map<NodeId, FakedClock>();
  readonly #injected = new Map<NodeId, InjectedDisk>();
  readonly #onExit = (): void => this.#removeNow();
  #cluster: LocalCluster | undefined;
  /** The first that may be free. */
  #port: Promise<number>;
  #closed = false;

  private constructor(options: ArenaOptions) {
    this.#options = options;
    this.network = new FaultNetwork(new SeededRandom(options.seed));
    this.disks = this.#disks;
    this.clocks = this.#clocks;
    this.injected = this.#injected;
    this.#port = Promise.resolve(PORTS[0] + ((process.pid * PORTS_APART) % (PORTS[1] - PORTS[0])));
    process.on('exit', this.#onExit);
  }

  /** A cluster of which no node was started yet. */
  static async create(options: ArenaOptions): Promise<Arena> {
    const { path, nodes, nodeFlags } = options;
    mkdirSync(path, { recursive: true });
    const arena = new Arena(options);
    const places: NodePlace[] = [];
    for (let id = 1; id <= nodes; id++) places.push({ id, ...(await arena.#place()) });
    arena.#cluster = await LocalCluster.create({
      path,
      size: nodes,
      firstPort: 0,
      places,
      nodeFlags,
      environment: (id) => ({
        ...arena.#clocks.get(id)?.environment,
        ...arena.#injected.get(id)?.environment,
      }),
    });
    await Promise.all(places.map((place) => arena.#equip(place)));
    return arena;
  }

  get cluster(): LocalCluster {
    return present(this.#cluster, 'an arena is made with its cluster');
  }

  /** Starts one more node, which joins the cluster; returns its id. */
  async join({ replaces, wantsVote, onNamed }: Newcomer): Promise<NodeId> {
    const place = await this.#place();
    return joinNode(this.cluster, {
      wantsVote,
      replaces,
      timeoutMs: JOIN_TIMEOUT_MS,
      place,
      prepare: (id) => {
        onNamed(id);
        return this.#equip({ id, ...place });
      },
    });
  }

  /** Ends and forgets a node that is no member any more; its log stays. */
  async dismiss(id: NodeId): Promise<void> {
    await this.cluster.stop([id]);
    this.cluster.forget(id);
    this.network.remove(id);
    this.#disks.get(id)?.removeNow();
    for (const equipment of [this.#disks, this.#clocks, this.#injected]) equipment.delete(id);
  }

  /** Ports for a node and for its proxy. */
  async #place(): Promise<Required<Omit<NodePlace, 'id'>>> {
    const found = this.#port.then((from) => findFreeBlock(from, 2));
    this.#port = found.then((port = PORTS[0]) => port + 2); // for whoever asks next, maybe before it is found
    const port = await found;
    if (port === undefined) throw new ClusterError('bad-request', 'there are not enough free ports');
    return { address: `127.0.0.1:${port + 1}`, listen: `127.0.0.1:${port}` };
  }

  /** The proxy, the disk and the clock of a node that is not started yet. */
  async #equip({ id, address, listen = address }: NodePlace): Promise<void> {
    const { path, has, fakes } = this.#options;
    await this.network.add({ id, address, listen });
    if (has.has('loop-disks')) {
      const disk = new LoopDisk(dirname(this.cluster.directory.dataPath(id)), 'data', DISK_BYTES);
      this.#disks.set(id, disk);
      await disk.create();
    }
    if (!fakes) return;
    this.#clocks.set(id, new FakedClock(path, `n${id}`, { fromInside: !has.has('libfaketime') }));
    if (!has.has('loop-disks') || !has.has('strace'))
      this.#injected.set(id, new InjectedDisk(path, `n${id}`));
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
    for (const id of this.#cluster?.living ?? []) {
      const pid = this.#cluster?.directory.readProcess(id)?.pid;
      if (pid !== undefined) execFileSync('kill', ['-9', String(pid)]);
    }
    for (const disk of this.disks.values()) disk.removeNow();
  }
}
