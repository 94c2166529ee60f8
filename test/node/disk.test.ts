/** Whole nodes on real disks: what a directory may and may not be used for. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { getKv } from '../../src/machine/kv/kv-records.ts';
import { LogStore } from '../../src/storage/log/log-store.ts';
import { LevelState } from '../../src/storage/state/level-state.ts';
import { msgpackCodec } from '../../src/wire/msgpack-codec.ts';
import { Disks, leaderOf, putAndClose } from './disks.ts';
import { RawClient, until } from './raw-client.ts';
import { get } from './test-cluster.ts';

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

test('a directory is refused while another node uses it, and to other nodes and clusters', async () => {
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
  // Who the members are stands in the log by now, and not in the settings.
  const members = [
    { id: 1, address },
    { id: 2, address: '127.0.0.1:1' },
  ];
  const again = await disks.start(1, { members });
  await leaderOf([again]);
  expect(again.members).toEqual([{ id: 1, address }]);
});

test('a formed node without its log does not start', async () => {
  await using disks = await Disks.create(1);
  const node = await disks.start(1);
  await leaderOf([node]);
  await node.stop();
  await rm(join(disks.directory(1), 'log'), { recursive: true });
  await expect(disks.start(1)).rejects.toMatchObject({ code: 'AMNESIA' });
});

test('a node that was asked to stop has stored all that it applied, and kept little of its log', async () => {
  await using disks = await Disks.create(1);
  const node = await leaderOf([await disks.start(1, { limits: { logEntriesMax: 100, logEntriesKept: 3 } })]);
  await putAndClose(node, 10);
  const { appliedIndex } = node.status();
  await node.stop();
  const packing = { codec: msgpackCodec, openRecordsMax: 8 };
  const state = new LevelState({ directory: join(disks.directory(1), 'state'), packing });
  const { applied, tree } = await state.open();
  await state.close();
  expect(applied.index).toBeGreaterThanOrEqual(appliedIndex);
  const log = new LogStore({ directory: join(disks.directory(1), 'log') });
  const { base, entries } = await log.open();
  await log.close();
  expect([base.index, entries.length]).toEqual([applied.index - 3, 3]);
  expect(getKv(tree.space('kv'), 'k9')).toMatchObject({ modRevision: 10 });
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
