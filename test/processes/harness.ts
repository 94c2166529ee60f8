/**
 * Real clusters for tests: real processes, sockets and disks, in a directory of their own. What a
 * test waits for is a condition with a deadline, so that a busy machine makes it slow, not wrong.
 */
import { randomInt } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { NodeId } from '../../src/base/flavor.ts';
import type { NodeStatus } from '../../src/wire/client-frames.ts';
import { LocalCluster } from '../../cluster/local-cluster.ts';
import type { NodePlace } from '../../cluster/cluster-file.ts';
import { signal, stateOf } from '../../cluster/process-identity.ts';
import type { ProcessIdentity } from '../../cluster/process-identity.ts';
import { lastLines, spawnNode } from '../../cluster/spawn-node.ts';
import { waitUntil } from '../../cluster/wait-until.ts';

const LEADER_TIMEOUT_MS = 30_000;
const LOG_LINES_SHOWN = 20;

/** Every cluster that was started here and not yet disposed of. */
const open = new Set<TestCluster>();

process.on('exit', () => {
  for (const cluster of open) cluster.killAllNow();
});

/** A node that is started otherwise than the cluster would. */
export interface OddNode {
  readonly id: NodeId;
  /** Whose directory it gets. */
  readonly dataOf: NodeId;
  readonly members?: readonly NodePlace[];
}

export class TestCluster implements AsyncDisposable {
  local: LocalCluster;
  readonly #odd: ProcessIdentity[] = [];

  private constructor(local: LocalCluster) {
    this.local = local;
    open.add(this);
    const { path } = local.directory;
    onTestFinished(({ task }) => {
      if (task.result?.state === 'fail') console.error(`kept, with logs and history: ${path}`);
      else rmSync(path, { recursive: true, force: true });
    });
  }

  /** A cluster that has a leader. */
  static async start(size: 3 | 5, nodeFlags: readonly string[] = []): Promise<TestCluster> {
    const cluster = await TestCluster.create(size, nodeFlags);
    await cluster.local.start();
    await cluster.leader();
    return cluster;
  }

  /** A cluster of which no node was started yet. */
  static async create(size: 3 | 5, nodeFlags: readonly string[] = []): Promise<TestCluster> {
    const path = mkdtempSync(join(tmpdir(), 'kvorum-processes-'));
    const firstPort = randomInt(20_000, 30_000); // below the ports that the system gives to outgoing connections
    return new TestCluster(await LocalCluster.create({ path, size, firstPort, nodeFlags }));
  }

  /** Starts a process beside those of the cluster; its log is that of its id. */
  startOdd({ id, dataOf, members }: OddNode): ProcessIdentity {
    const { clusterId, nodes, directory } = this.local;
    const identity = spawnNode({
      id,
      clusterId,
      members: members ?? nodes,
      dataPath: directory.dataPath(dataOf),
      logPath: directory.logPath(id),
      flags: [],
    });
    this.#odd.push(identity);
    return identity;
  }

  /** A command has changed the cluster's directory. */
  reopen(): void {
    this.local = LocalCluster.open({ path: this.local.directory.path });
  }

  get endpoints(): readonly string[] {
    return this.local.endpoints;
  }

  /** Waits until a majority follows a leader, and says who it is. */
  leader(): Promise<NodeId> {
    return this.local.waitUntilLed(LEADER_TIMEOUT_MS);
  }

  /** Waits until a majority follows a leader other than this one. */
  leaderOtherThan(former: NodeId): Promise<NodeId> {
    return waitUntil(
      { what: `a leader other than node ${former}`, timeoutMs: LEADER_TIMEOUT_MS },
      async () => {
        const leader = await this.local.leader();
        return leader === former ? undefined : leader;
      },
    );
  }

  /** Waits until a node answers, and what it says is as wanted. */
  statusWhere(id: NodeId, what: string, wanted: (status: NodeStatus) => boolean): Promise<NodeStatus> {
    return waitUntil({ what: `node ${id}: ${what}`, timeoutMs: LEADER_TIMEOUT_MS }, async () => {
      const report = (await this.local.report()).find((each) => each.id === id);
      return report?.status !== undefined && wanted(report.status) ? report.status : undefined;
    });
  }

  /** Waits until a node ended by itself; returns the last it printed. */
  async endOf(id: NodeId): Promise<string> {
    await waitUntil({ what: `the end of node ${id}`, timeoutMs: LEADER_TIMEOUT_MS }, () =>
      this.local.processState(id) === 'stopped' ? true : undefined,
    );
    return this.logOf(id);
  }

  /** Waits until a node has printed this. */
  async logged(id: NodeId, wanted: string | RegExp): Promise<void> {
    await waitUntil({ what: `'${wanted}' in the log of node ${id}`, timeoutMs: LEADER_TIMEOUT_MS }, () => {
      const log = this.logOf(id);
      return (typeof wanted === 'string' ? log.includes(wanted) : wanted.test(log)) ? true : undefined;
    });
  }

  /** Waits until that process has ended. */
  async ended(identity: ProcessIdentity): Promise<void> {
    await waitUntil({ what: `the end of process ${identity.pid}`, timeoutMs: LEADER_TIMEOUT_MS }, () =>
      stateOf(identity) === 'stopped' ? true : undefined,
    );
  }

  /** The last lines that a node printed. */
  logOf(id: NodeId): string {
    return lastLines(this.local.directory.logPath(id), LOG_LINES_SHOWN);
  }

  /** Kills every node at the same time. */
  async killAll(): Promise<void> {
    await Promise.all(this.local.living.map((id) => this.local.kill(id)));
  }

  /** For when there is no time to wait. */
  killAllNow(): void {
    for (const id of this.local.living) void this.local.kill(id);
    for (const identity of this.#odd) signal(identity, 'SIGKILL');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const identity of this.#odd) signal(identity, 'SIGKILL');
    await Promise.all([this.killAll(), ...this.#odd.map((identity) => this.ended(identity))]);
    open.delete(this);
  }
}
