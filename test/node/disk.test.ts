/** Whole nodes on real disks: what a directory may and may not be used for. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { nodeConfig, type NodeSettings } from '../../src/node/config.ts';
import { type RunningNode, startNode } from '../../src/node/node.ts';
import { RawClient, until } from './raw-client.ts';
import { freePorts, get, TestSession } from './test-cluster.ts';

class Disks implements AsyncDisposable {
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

async function leaderOf(nodes: readonly RunningNode[]): Promise<RunningNode> {
  return until('a leader that serves', async () => {
    for (const node of nodes) {
      if (node.status().role !== 'leader') continue;
      if ((await fetch(`http://${node.address}/ready`)).ok) return node;
    }
    return undefined;
  });
}

async function putAndClose(node: RunningNode, count: number): Promise<void> {
  const client = await RawClient.open(node.address);
  const session = await TestSession.open(client);
  for (let at = 0; at < count; at++) expect((await session.put(`k${at}`, `${at}`)).kind).toBe('result');
  client.close();
}

test('three nodes on real disks stop, start, and have everything', async () => {
  await using disks = await Disks.create(3);
  const nodes = await disks.startAll();
  await putAndClose(await leaderOf(nodes), 25);
  await Promise.all(nodes.map((node) => node.stop()));
  const again = await disks.startAll();
  const client = await RawClient.open((await leaderOf(again)).address);
  for (let at = 0; at < 25; at++) {
    expect(await get(client, `k${at}`)).toMatchObject({
      result: { entry: { version: 1, modRevision: at + 1 } },
    });
  }
  client.close();
});

test('a node that fell behind a compacted log comes back through a snapshot', async () => {
  await using disks = await Disks.create(3);
  const limits = { logEntriesMax: 40, logEntriesKept: 5, snapshotChunkBytes: 400 };
  const nodes = await Promise.all([1, 2, 3].map((id) => disks.start(id, { limits })));
  const leader = await leaderOf(nodes);
  const behind = nodes.find((node) => node !== leader)!;
  const id = behind.status().nodeId;
  await behind.stop();
  await putAndClose(leader, 120);
  await until('the log is compacted', () => leader.status().firstIndex > 60 || undefined);
  const back = await disks.start(id, { limits });
  await until('it has caught up', () => back.status().revision === 120 || undefined);
  expect(back.status().firstIndex).toBeGreaterThan(60);
  await back.stop();
  const again = await disks.start(id, { limits });
  await until('it still has it all', () => again.status().revision === 120 || undefined);
});

test('a directory is refused while another node uses it, and to other nodes, clusters and members', async () => {
  await using disks = await Disks.create(1);
  const node = await disks.start(1);
  await expect(disks.start(1)).rejects.toMatchObject({ code: 'DIRECTORY_LOCKED' });
  await leaderOf([node]);
  await node.stop();
  await expect(disks.start(1, { clusterId: 'other' })).rejects.toMatchObject({ code: 'DIRECTORY_MISMATCH' });
  const [address = ''] = disks.addresses;
  await expect(
    disks.start(2, { members: [{ id: 2, address }], directory: disks.directory(1) }),
  ).rejects.toMatchObject({
    code: 'DIRECTORY_MISMATCH',
  });
  const members = [
    { id: 1, address },
    { id: 2, address: '127.0.0.1:1' },
  ];
  await expect(disks.start(1, { members })).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  await leaderOf([await disks.start(1)]);
});

test('a formed node without its log does not start', async () => {
  await using disks = await Disks.create(1);
  const node = await disks.start(1);
  await leaderOf([node]);
  await node.stop();
  await rm(join(disks.directory(1), 'log'), { recursive: true });
  await expect(disks.start(1)).rejects.toMatchObject({ code: 'AMNESIA' });
});

test('a node whose state was lost builds it anew from its log', async () => {
  await using disks = await Disks.create(1);
  const node = await disks.start(1);
  await putAndClose(await leaderOf([node]), 10);
  await node.stop();
  await rm(join(disks.directory(1), 'state'), { recursive: true });
  const again = await leaderOf([await disks.start(1)]);
  const client = await RawClient.open(again.address);
  expect(await get(client, 'k9')).toMatchObject({ result: { entry: { modRevision: 10 } } });
  client.close();
});
