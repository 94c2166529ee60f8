import { expect, test } from 'vitest';
import { SILENT_LOG } from '../../src/node/event-log.ts';
import { SpaceWatch } from '../../src/node/space-watch.ts';
import type { DiskRoom } from '../../src/replica/input.ts';
import { Disks, leaderOf, putAndClose } from './disks.ts';
import { MemoryLog } from './memory-storages.ts';
import { RawClient, until } from './raw-client.ts';
import { get, TestSession } from './test-cluster.ts';

/** More than any disk has free. */
const NO_ROOM = { diskReserveBytes: 2 ** 52 };

test('the alarm comes below the reserve, or when the log is full, and ends with enough room', async () => {
  const log = new MemoryLog();
  const seen: DiskRoom[] = [];
  let free = 200;
  const watch = new SpaceWatch({
    directory: '/data',
    log,
    freeBytes: () => Promise.resolve(free),
    reserveBytes: 100,
    pollMs: 1,
    events: SILENT_LOG,
    onChange: (room) => seen.push(room),
  });
  const becomes = (room: DiskRoom): Promise<unknown> => until(room, () => watch.room === room || undefined);
  await watch.start();
  expect(watch.alarm).toBeUndefined();
  free = 99;
  await becomes('low');
  expect(watch.alarm).toMatchObject({ code: 'NO_SPACE' });
  log.isFull = true;
  await becomes('full');
  [log.isFull, free] = [false, 110];
  await becomes('low');
  free = 130;
  await becomes('ample');
  watch.stop();
  expect(seen).toEqual(['low', 'full', 'low', 'ample']);
});

test('where all disks are out of room writes are refused with a reason, and linearizable reads are answered', async () => {
  await using disks = await Disks.create(3);
  const first = await disks.startAll();
  await putAndClose(await leaderOf(first), 3);
  for (const node of first) await node.stop();
  const nodes = await Promise.all([1, 2, 3].map((id) => disks.start(id, { limits: NO_ROOM })));
  // Each may hand over once.
  const leader = await until('a leader that stays, refuses writes and answers reads', async () => {
    const found = await leaderOf(nodes);
    const client = await RawClient.open(found.address);
    const refused = await TestSession.open(client).then(
      () => '',
      (error: unknown) => String(error),
    );
    const read = await get(client, 'k1');
    client.close();
    return refused.includes('NO_SPACE') && read.kind === 'result' ? found : undefined;
  });
  expect(leader.status().alarms).toMatchObject([{ code: 'NO_SPACE' }]);
});

test('a leader that has no room lets one lead that has', async () => {
  await using disks = await Disks.create(3);
  const nodes = await Promise.all([
    disks.start(1, { limits: NO_ROOM, electionTicksMin: 11, electionTicksMax: 12 }),
    disks.start(2),
    disks.start(3),
  ]);
  const leader = await until('a leader with room', async () => {
    const found = await leaderOf(nodes);
    return found === nodes[0] ? undefined : found;
  });
  await putAndClose(leader, 5);
});
