import { expect, test } from 'vitest';
import { SeededRandom } from '../../src/base/seeded-random.ts';
import { present } from '../../src/base/assert.ts';
import { SHARED_BODY_BYTES_MAX, WriteReceiver, WriteSender } from '../../src/storage/log/shared-writes.ts';

const TIMES = { writeMs: 1, syncMs: 2 };

function bothSides(): { sender: WriteSender; receiver: WriteReceiver } {
  const sender = new WriteSender();
  return { sender, receiver: new WriteReceiver(sender.memory) };
}

function send(sender: WriteSender, id: number, bytes: number): boolean {
  const room = sender.room(bytes);
  room?.fill(id % 251);
  if (room !== undefined) sender.send(id, room, undefined);
  return room !== undefined;
}

test('a body stays as it was sent until its write has landed, however they overlap', () => {
  for (let seed = 1; seed <= 6; seed++) {
    const random = new SeededRandom(seed);
    const { sender, receiver } = bothSides();
    const taken: { id: number; body: Uint8Array }[] = [];
    let sent = 0;
    let messages = 0;
    for (let step = 0; step < 2000; step++) {
      if (random.integer(0, 2) > 0) {
        const bytes = random.integer(1, random.integer(0, 9) === 0 ? 2 * SHARED_BODY_BYTES_MAX : 40_000);
        // One that is sent as a message is numbered like the others, and lands in its turn.
        sent++;
        if (!send(sender, sent, bytes)) {
          messages++;
          taken.push({ id: sent, body: new Uint8Array() });
        }
      }
      for (let id = taken.length + 1 + sender.landed; id <= sent; id++) {
        const write = receiver.take(id);
        if (write !== undefined) taken.push(write);
      }
      taken.sort((one, other) => one.id - other.id);
      if (taken.length === 0 || random.integer(0, 30) > 0) continue;
      const count = random.integer(1, taken.length);
      for (const { id, body } of taken.splice(0, count)) {
        expect(body.every((byte) => byte === id % 251)).toBe(true);
        receiver.landed(id, TIMES);
      }
    }
    expect(sender.landed).toBeGreaterThan(500);
    expect(messages).toBeGreaterThan(0);
  }
});

test('what is too long, too much or too many at one time has no room', () => {
  const { sender, receiver } = bothSides();
  expect(sender.room(SHARED_BODY_BYTES_MAX + 1)).toBeUndefined();
  let id = 0;
  while (send(sender, id + 1, SHARED_BODY_BYTES_MAX)) id++;
  expect(id).toBe(16);
  receiver.landed(1, TIMES);
  expect(sender.landed).toBe(1);
  expect(send(sender, id + 1, SHARED_BODY_BYTES_MAX - 8)).toBe(true);
  const { sender: other } = bothSides();
  let small = 0;
  while (send(other, small + 1, 1)) small++;
  expect(small).toBe(64);
});

test('a write has the checksum that it was sent with, or none', () => {
  const { sender, receiver } = bothSides();
  sender.send(1, present(sender.room(8), 'there is room'), 0xff_00_ff_00);
  sender.send(2, present(sender.room(8), 'there is room'), 0);
  sender.send(3, present(sender.room(8), 'there is room'), undefined);
  expect([1, 2, 3].map((id) => receiver.take(id)?.crc)).toStrictEqual([0xff_00_ff_00, 0, undefined]);
});

test('the next write is taken, and no other', () => {
  const { sender, receiver } = bothSides();
  expect(receiver.take(1)).toBeUndefined();
  // The first one went as a message.
  send(sender, 2, 100);
  expect(receiver.take(1)).toBeUndefined();
  expect(receiver.take(2)?.body.length).toBe(100);
  expect(receiver.take(3)).toBeUndefined();
});

test('every frame tells its times once, of many the last 64', () => {
  const { sender, receiver } = bothSides();
  expect(sender.takeTimes()).toStrictEqual([]);
  receiver.landed(2, { writeMs: 1, syncMs: 10 });
  receiver.landed(3, { writeMs: 2, syncMs: 20 });
  expect(sender.takeTimes()).toStrictEqual([
    { writeMs: 1, syncMs: 10 },
    { writeMs: 2, syncMs: 20 },
  ]);
  for (let id = 4; id < 104; id++) receiver.landed(id, { writeMs: id, syncMs: id });
  const times = sender.takeTimes();
  expect(times.length).toBe(64);
  expect(times.at(-1)?.writeMs).toBe(103);
  expect(sender.takeTimes()).toStrictEqual([]);
});

test('who listens is told once, of what landed before as well', async () => {
  const { sender, receiver } = bothSides();
  let told = 0;
  const listen = (): Promise<void> =>
    new Promise((resolve) => {
      sender.listen(() => {
        told++;
        resolve();
      });
    });
  const first = listen();
  sender.listen(() => told++);
  receiver.landed(1, TIMES);
  await first;
  expect([told, sender.landed]).toStrictEqual([1, 1]);
  receiver.landed(2, TIMES);
  await listen();
  expect([told, sender.landed]).toStrictEqual([2, 2]);
  const last = listen();
  sender.close();
  await last;
});

test('writes that land out of order are a broken invariant', () => {
  const { receiver } = bothSides();
  receiver.landed(2, TIMES);
  expect(() => receiver.landed(2, TIMES)).toThrow('writes land in order');
  expect(() => receiver.landed(1, TIMES)).toThrow('writes land in order');
});

test('a thread that waits wakes up when it is asked, and when it takes too long', () => {
  const { sender, receiver } = bothSides();
  const { asked } = receiver;
  expect(receiver.wait(asked, 1)).toBe(false);
  sender.tell();
  expect(receiver.wait(asked, Infinity)).toBe(true);
});
