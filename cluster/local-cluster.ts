/**
 * A cluster of real node processes on this machine, for trying things out, for tests, and for
 * breaking it on purpose. Nothing runs in between two commands: what they need to know is in the
 * cluster's directory, and the nodes tell the rest. A node that ends is not started again unless
 * someone asks for it.
 */
import { randomUUID } from 'node:crypto';
import type { NodeId } from '../src/base/flavor.ts';
import { ClusterError } from './cluster-error.ts';
import { ClusterDirectory } from './cluster-file.ts';
import type { ClusterFile, NodePlace, Partition } from './cluster-file.ts';
import { fetchStatus, postCut } from './node-http.ts';
import type { NodeReport } from './node-report.ts';
import { reportedLeader } from './node-report.ts';
import { cutFrom } from './partition.ts';
import type { Groups } from './partition.ts';
import { findFreeBlock, isFree } from './ports.ts';
import { signal, stateOf } from './process-identity.ts';
import type { ProcessState } from './process-identity.ts';
import { lastLines, spawnNode } from './spawn-node.ts';
import { waitUntil } from './wait-until.ts';

/** A node that was asked to stop, and has not by then, is killed. */
const STOP_TIMEOUT_MS = 10_000;
const KILL_TIMEOUT_MS = 5_000;
const ANSWERS_TIMEOUT_MS = 15_000;
const LOG_LINES_SHOWN = 5;

export interface LocalClusterOptions {
  readonly path: string;
  /** Handed to every node as they are, from now on; undefined: as before. */
  readonly nodeFlags?: readonly string[] | undefined;
  /** Variables that a node is started with, asked for each time. */
  readonly environment?: (id: NodeId) => Readonly<Record<string, string>>;
}

export interface NewClusterOptions extends LocalClusterOptions {
  readonly size: number;
  readonly firstPort: number;
  /** Where the nodes are, instead of on ports in a row. */
  readonly places?: readonly NodePlace[];
}

export class LocalCluster {
  readonly directory: ClusterDirectory;
  /** Of another build of Kvorum, with which nodes are started from now on. */
  program: string | undefined;
  readonly #environment: (id: NodeId) => Readonly<Record<string, string>>;
  #file: ClusterFile;

  private constructor(
    directory: ClusterDirectory,
    file: ClusterFile,
    { environment }: Pick<LocalClusterOptions, 'environment'>,
  ) {
    this.directory = directory;
    this.#file = file;
    this.#environment = environment ?? (() => ({}));
  }

  /** The cluster that lives in a directory. Throws `no-cluster` when there is none. */
  static open(options: LocalClusterOptions): LocalCluster {
    const directory = new ClusterDirectory(options.path);
    const file = directory.read();
    if (file === undefined) {
      throw new ClusterError(
        'no-cluster',
        `no cluster in ${options.path}; \`kvorum cluster start\` makes one`,
      );
    }
    const { nodeFlags } = options;
    const current = nodeFlags === undefined ? file : directory.write({ ...file, nodeFlags });
    return new LocalCluster(directory, current, options);
  }

  /** A new cluster with a random name, on the first free ports in a row from `firstPort` up. */
  static async create(options: NewClusterOptions): Promise<LocalCluster> {
    const directory = new ClusterDirectory(options.path);
    if (directory.read() !== undefined) {
      throw new ClusterError('bad-request', `there is a cluster in ${options.path} already`);
    }
    const ids = Array.from({ length: options.size }, (_, at) => at + 1);
    const nodes = options.places ?? (await placesFrom(options.firstPort, ids));
    const { nodeFlags = [] } = options;
    const file = directory.write({ clusterId: randomUUID(), nodes, nodeFlags });
    return new LocalCluster(directory, file, options);
  }

  get clusterId(): string {
    return this.#file.clusterId;
  }

  get nodes(): readonly NodePlace[] {
    return this.#file.nodes;
  }

  get ids(): readonly NodeId[] {
    return this.nodes.map((node) => node.id);
  }

  get endpoints(): readonly string[] {
    return this.nodes.map((node) => node.address);
  }

  get firstPort(): number {
    return portOf(this.endpoints[0] ?? '');
  }

  /** Who of the nodes has a process, paused ones included. */
  get living(): readonly NodeId[] {
    return this.ids.filter((id) => this.processState(id) !== 'stopped');
  }

  /** Moves all nodes, which must be down, to the first free ports in a row from `firstPort` up. */
  async move(firstPort: number): Promise<void> {
    const places = await placesFrom(firstPort, this.ids);
    this.#file = this.directory.write({ ...this.#file, nodes: places });
  }

  /** Whether every node could listen where it is to. */
  async canListen(): Promise<boolean> {
    const free = await Promise.all(this.endpoints.map((endpoint) => isFree(portOf(endpoint))));
    return free.every(Boolean);
  }

  processState(id: NodeId): ProcessState {
    const identity = this.directory.readProcess(id);
    return identity === undefined ? 'stopped' : stateOf(identity);
  }

  /** Starts the nodes that are down, and puts a partition that is in force on them again. */
  async start(ids: readonly NodeId[] = this.ids): Promise<void> {
    const started = ids.filter((id) => this.processState(id) === 'stopped');
    for (const id of started) this.#spawn(id);
    if (this.directory.readPartition() === undefined) return;
    await Promise.all(started.map((id) => this.waitUntilAnswering(id)));
    await this.#cut(started);
  }

  #spawn(id: NodeId): void {
    const identity = spawnNode({
      id,
      clusterId: this.clusterId,
      members: this.nodes,
      dataPath: this.directory.dataPath(id),
      logPath: this.directory.logPath(id),
      flags: this.#file.nodeFlags,
      program: this.program,
      environment: this.#environment(id),
    });
    this.directory.writeProcess(id, identity);
  }

  /** Takes up a node that has a place in the cluster, and its identity in its directory; `start` starts it. */
  adopt(place: NodePlace): void {
    const nodes = [...this.nodes, place].toSorted((one, other) => one.id - other.id);
    this.#file = this.directory.write({ ...this.#file, nodes });
  }

  /** Forgets a node that was removed from the cluster and has ended; what it kept stays where it is. */
  forget(id: NodeId): void {
    const nodes = this.nodes.filter((node) => node.id !== id);
    this.#file = this.directory.write({ ...this.#file, nodes });
  }

  /** A free port behind those of the nodes. */
  async freePort(): Promise<number> {
    const port = await findFreeBlock(Math.max(...this.endpoints.map(portOf)) + 1, 1);
    if (port === undefined) throw new ClusterError('bad-request', 'there is no free port');
    return port;
  }

  /** Lets the nodes end in their own time, up to a limit. */
  async stop(ids: readonly NodeId[] = this.ids): Promise<void> {
    await Promise.all(ids.map((id) => this.#stopOne(id)));
  }

  async #stopOne(id: NodeId): Promise<void> {
    this.#signal(id, 'SIGTERM');
    this.#signal(id, 'SIGCONT'); // a paused one must wake up to hear it
    try {
      await this.#waitUntilEnded(id, STOP_TIMEOUT_MS);
    } catch {
      await this.kill(id);
    }
  }

  /** SIGKILL; returns when the process is gone. */
  async kill(id: NodeId): Promise<void> {
    this.#signal(id, 'SIGKILL');
    await this.#waitUntilEnded(id, KILL_TIMEOUT_MS);
  }

  /** SIGSTOP: the process keeps all it has, its sockets included, and does nothing. */
  pause(id: NodeId): void {
    this.#signal(id, 'SIGSTOP');
  }

  /** SIGCONT. */
  resume(id: NodeId): void {
    this.#signal(id, 'SIGCONT');
  }

  async restart(id: NodeId): Promise<void> {
    await this.#stopOne(id);
    await this.start([id]);
  }

  /** Makes the nodes cut their real links between the groups, until {@link heal}. */
  async partition(groups: Groups): Promise<void> {
    this.directory.writePartition(groups);
    await this.#cut(this.living);
  }

  async heal(): Promise<void> {
    this.directory.writePartition(undefined);
    await this.#cut(this.living);
  }

  get partitioned(): Partition {
    return this.directory.readPartition();
  }

  async #cut(ids: readonly NodeId[]): Promise<void> {
    const groups = this.directory.readPartition() ?? [this.ids];
    const running = ids.filter((id) => this.processState(id) === 'running');
    await Promise.all(running.map((id) => postCut(this.listenOf(id), cutFrom(id, groups, this.ids))));
  }

  /** How each node stands: by its process, and by its own words if it answers. */
  async report(): Promise<readonly NodeReport[]> {
    return Promise.all(
      this.nodes.map(async ({ id, address, listen = address }) => {
        const process = this.processState(id);
        const status = process === 'running' ? await fetchStatus(listen) : undefined;
        const pid = process === 'stopped' ? undefined : this.directory.readProcess(id)?.pid;
        return { id, address, process, pid, status };
      }),
    );
  }

  async leader(): Promise<NodeId | undefined> {
    return reportedLeader(await this.report());
  }

  addressOf(id: NodeId): string {
    return this.#placeOf(id).address;
  }

  /** Where it is, whatever stands in between. */
  listenOf(id: NodeId): string {
    const { address, listen = address } = this.#placeOf(id);
    return listen;
  }

  #placeOf(id: NodeId): NodePlace {
    const place = this.nodes.find((node) => node.id === id);
    if (place === undefined) throw this.#unknown(id);
    return place;
  }

  /** Returns the leader once a majority follows it. Throws `node-failed` if a node ended meanwhile. */
  async waitUntilLed(timeoutMs: number, signal?: AbortSignal): Promise<NodeId> {
    const started = this.living;
    return waitUntil({ what: 'a leader that a majority follows', timeoutMs, signal }, () => {
      for (const id of started) this.requireLiving(id);
      return this.leader();
    });
  }

  async waitUntilAnswering(id: NodeId): Promise<void> {
    await waitUntil({ what: `an answer of node ${id}`, timeoutMs: ANSWERS_TIMEOUT_MS }, () => {
      this.requireLiving(id);
      return fetchStatus(this.listenOf(id));
    });
  }

  /** Throws `node-failed`, with its last words, if the node ended. */
  requireLiving(id: NodeId): void {
    if (this.processState(id) !== 'stopped') return;
    const log = this.directory.logPath(id);
    throw new ClusterError('node-failed', `node ${id} ended (${log}):\n${lastLines(log, LOG_LINES_SHOWN)}`);
  }

  async #waitUntilEnded(id: NodeId, timeoutMs: number): Promise<void> {
    await waitUntil({ what: `the end of node ${id}`, timeoutMs }, () =>
      this.processState(id) === 'stopped' ? true : undefined,
    );
  }

  #signal(id: NodeId, name: NodeJS.Signals): void {
    if (!this.ids.includes(id)) throw this.#unknown(id);
    const identity = this.directory.readProcess(id);
    if (identity !== undefined) signal(identity, name);
  }

  #unknown(id: NodeId): ClusterError {
    return new ClusterError('bad-request', `no node ${id} in this cluster; it has ${this.ids.join(', ')}`);
  }
}

function portOf(endpoint: string): number {
  return Number(endpoint.split(':').at(-1));
}

async function placesFrom(firstPort: number, ids: readonly NodeId[]): Promise<readonly NodePlace[]> {
  const port = await findFreeBlock(firstPort, ids.length);
  if (port === undefined) {
    throw new ClusterError('bad-request', `no ${ids.length} free ports in a row from ${firstPort} up`);
  }
  return ids.map((id, at) => ({ id, address: `127.0.0.1:${port + at}` }));
}
