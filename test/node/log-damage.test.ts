/** Whole nodes whose logs were damaged while they were down. */
import { open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { RunningNode } from '../../src/node/node.ts';
import { Disks, leaderOf, putAndClose } from './disks.ts';
import { RawClient, until } from './raw-client.ts';
import { get } from './test-cluster.ts';

/** Inverts a byte of a node's log, and takes its state, so that the log must do. */
async function damage(disks: Disks, id: number, offset: number): Promise<void> {
  const directory = join(disks.directory(id), 'log');
  const [segment] = (await readdir(directory)).filter((name) => name.startsWith('log-'));
  const file = await open(join(directory, segment!), 'r+');
  const byte = Buffer.alloc(1);
  await file.read(byte, 0, 1, offset);
  byte[0]! ^= 0x10;
  await file.write(byte, 0, 1, offset);
  await file.close();
  await rm(join(disks.directory(id), 'state'), { recursive: true });
}

async function checkAll(nodes: readonly RunningNode[], count: number): Promise<void> {
  await until(
    'every log is whole, and applied',
    () =>
      nodes.every((node) => {
        const { alarms, revision } = node.status();
        return alarms.length === 0 && revision === count;
      }) || undefined,
  );
  const client = await RawClient.open((await leaderOf(nodes)).address);
  for (let at = 0; at < count; at++) {
    expect(await get(client, `k${at}`)).toMatchObject({
      result: { entry: { version: 1, modRevision: at + 1 } },
    });
  }
  client.close();
}

test('a damaged log is repaired from the others, and stays so', async () => {
  await using disks = await Disks.create(3);
  const nodes = await disks.startAll();
  await putAndClose(await leaderOf(nodes), 40);
  await nodes[0]!.stop();
  await damage(disks, 1, 512 * 8 + 300);
  const back = await disks.start(1);
  await checkAll([back, nodes[1]!, nodes[2]!], 40);
  await back.stop();
  const again = await disks.start(1);
  expect(again.status().alarms).toEqual([]);
  await checkAll([again, nodes[1]!, nodes[2]!], 40);
});

test('logs that are damaged on all nodes, each elsewhere, repair each other', async () => {
  await using disks = await Disks.create(3);
  const nodes = await disks.startAll();
  await putAndClose(await leaderOf(nodes), 40);
  for (const node of nodes) await node.stop();
  for (const id of [1, 2, 3]) await damage(disks, id, 512 * (8 * id + 1) + 300);
  await checkAll(await disks.startAll(), 40);
});

test('a node that has no others stops, and names the file', async () => {
  await using disks = await Disks.create(1);
  const [node] = await disks.startAll();
  await putAndClose(await leaderOf([node!]), 20);
  await node!.stop();
  await damage(disks, 1, 512 * 8 + 300);
  for (let times = 0; times < 2; times++) {
    await expect(disks.start(1)).rejects.toMatchObject({
      code: 'LOG_CORRUPT',
      message: expect.stringMatching(/log-00000001\.segment: damaged at byte \d+/),
    });
  }
});
