import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { nodeConfig, type NodeSettings } from '../../src/node/config.ts';
import { type RunningNode, startNode } from '../../src/node/node.ts';
import { RawClient, until } from './raw-client.ts';
import { freePorts, TestSession } from './test-cluster.ts';

/** Nodes on directories that live as long as the test. */
export class Disks implements AsyncDisposable {
  readonly path: string;
  readonly addresses: readonly string[];
  readonly #running = new Set<RunningNode>();

  private constructor(path: string, addresses: readonly string[]) {
    this.path = path;
    this.addresses = addresses;
  }

  static async create(nodes: number): Promise<Disks> {
    const ports = await freePorts(nodes);
    const path = await mkdtemp(join(tmpdir(), 'kvorum-node-'));
    return new Disks(
      path,
      ports.map((port) => `127.0.0.1:${port}`),
    );
  }

  directory(id: number): string {
    return join(this.path, `n${id}`);
  }

  async start(id: number, changes: Partial<NodeSettings> = {}): Promise<RunningNode> {
    const members = this.addresses.map((address, at) => ({ id: at + 1, address }));
    const settings = {
      id,
      clusterId: 'disks',
      members,
      directory: this.directory(id),
      tickMs: 5,
      ...changes,
    };
    const node = await startNode(nodeConfig(settings));
    this.#running.add(node);
    return node;
  }

  startAll(): Promise<readonly RunningNode[]> {
    return Promise.all(this.addresses.map((_, at) => this.start(at + 1)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#running].map((node) => node.stop()));
    await rm(this.path, { recursive: true, force: true });
  }
}

export async function leaderOf(nodes: readonly RunningNode[]): Promise<RunningNode> {
  return until('a leader that serves', async () => {
    for (const node of nodes) {
      if (node.status().role !== 'leader') continue;
      if ((await fetch(`http://${node.address}/ready`)).ok) return node;
    }
    return undefined;
  });
}

export async function putAndClose(node: RunningNode, count: number): Promise<void> {
  const client = await RawClient.open(node.address);
  const session = await TestSession.open(client);
  for (let at = 0; at < count; at++) expect((await session.put(`k${at}`, `${at}`)).kind).toBe('result');
  client.close();
}
