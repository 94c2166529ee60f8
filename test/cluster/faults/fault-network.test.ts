import { once } from 'node:events';
import { createConnection, createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { SeededRandom } from '../../../src/base/seeded-random.ts';
import { FaultNetwork } from '../../../cluster/faults/fault-network.ts';
import type { Link } from '../../../cluster/faults/fault-network.ts';
import { findFreeBlock } from '../../../cluster/ports.ts';
import { waitUntil } from '../../../cluster/wait-until.ts';

const DEADLINE_MS = 5_000;

interface Ends {
  readonly network: FaultNetwork;
  readonly proxy: number;
}

/** A server that sends back what it is sent, behind the proxy of node 1. */
async function echo(): Promise<Ends> {
  const server: Server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.pipe(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
  const proxy = (await findFreeBlock(30_100, 1)) ?? 0;
  const network = new FaultNetwork(new SeededRandom(1));
  await network.add({ id: 1, address: `127.0.0.1:${proxy}`, listen: `127.0.0.1:${port}` });
  onTestFinished(async () => {
    await network.close();
    server.close();
  });
  return { network, proxy };
}

interface Caller {
  readonly socket: Socket;
  readonly received: () => string;
  readonly closed: () => boolean;
}

/** Dials as node 2 does, or as a client. */
async function dial({ proxy }: Ends, firstLine: string): Promise<Caller> {
  const socket = createConnection({ host: '127.0.0.1', port: proxy });
  socket.on('error', () => socket.destroy());
  let text = '';
  let closed = false;
  socket.on('data', (data) => (text += data.toString('latin1')));
  socket.on('close', () => (closed = true));
  await Promise.race([once(socket, 'connect'), once(socket, 'close')]);
  socket.write(firstLine);
  onTestFinished(() => void socket.destroy());
  return { socket, received: () => text, closed: () => closed };
}

const PEER = 'GET /peer?from=2 HTTP/1.1\r\n';
const CLIENT = 'GET /client HTTP/1.1\r\n';
const FROM_2: readonly Link[] = [[2, 1]];

function until(what: string, holds: () => boolean): Promise<true> {
  return waitUntil({ what, timeoutMs: DEADLINE_MS }, () => (holds() ? true : undefined));
}

test('without a fault everything passes, from the first line on', async () => {
  const ends = await echo();
  const caller = await dial(ends, PEER);
  caller.socket.write('hello');
  await until('the echo', () => caller.received() === `${PEER}hello`);
});

test('a cut of a link resets its connections, refuses new ones, and leaves the others alone', async () => {
  const ends = await echo();
  const peer = await dial(ends, PEER);
  const client = await dial(ends, CLIENT);
  await until('both echoes', () => peer.received() === PEER && client.received() === CLIENT);
  const heal = ends.network.strike(FROM_2, { cut: true });
  await until('the reset', peer.closed);
  const late = await dial(ends, PEER);
  await until('the refusal', late.closed);
  client.socket.write('x');
  await until('the echo of the other', () => client.received().endsWith('x'));
  heal();
  const next = await dial(ends, PEER);
  await until('the echo after it', () => next.received() === PEER);
  expect(ends.network.counts.cuts).toBe(2);
});

test('what is sent into a stall arrives after it, in order', async () => {
  const ends = await echo();
  const caller = await dial(ends, PEER);
  await until('the echo', () => caller.received() === PEER);
  const heal = ends.network.strike(FROM_2, { stalled: true });
  caller.socket.write('a');
  await until('the stall', () => ends.network.counts.stalls > 0);
  caller.socket.write('b');
  expect(caller.received()).toBe(PEER);
  heal();
  await until('the rest', () => caller.received() === `${PEER}ab`);
});

test('delay and jitter make it late and keep the order', async () => {
  const ends = await echo();
  const caller = await dial(ends, PEER);
  await until('the echo', () => caller.received() === PEER);
  ends.network.strike(FROM_2, { delayMs: 100, jitterMs: 100 });
  const beginMs = performance.now();
  for (const letter of 'abcdef') {
    caller.socket.write(letter);
    await sleep(1);
  }
  await until('all', () => caller.received() === `${PEER}abcdef`);
  expect(performance.now() - beginMs).toBeGreaterThan(190);
  expect(ends.network.counts.delays).toBeGreaterThan(0);
});

test('a slow link takes its time', async () => {
  const ends = await echo();
  const caller = await dial(ends, PEER);
  await until('the echo', () => caller.received() === PEER);
  ends.network.strike(FROM_2, { bytesPerSecond: 10_000 });
  const beginMs = performance.now();
  caller.socket.write('x'.repeat(1_000));
  caller.socket.write('y');
  await until('all', () => caller.received().endsWith('y'));
  expect(performance.now() - beginMs).toBeGreaterThan(90);
});

test('bits are flipped, bytes are lost and cut off, connections are reset: as often as is said', async () => {
  const ends = await echo();
  const flips = await dial(ends, PEER);
  await until('the echo', () => flips.received() === PEER);
  const heal = ends.network.strike(FROM_2, { flipChance: 1 });
  flips.socket.write('aaaa');
  await until('four letters', () => flips.received().length === PEER.length + 4);
  heal();
  expect(flips.received()).not.toBe(`${PEER}aaaa`);
  expect(ends.network.counts.flips).toBe(2); // once each way

  const healDrop = ends.network.strike(FROM_2, { dropChance: 1 });
  flips.socket.write('bbbb');
  await until('the loss', () => ends.network.counts.drops > 0);
  healDrop();
  const healCut = ends.network.strike(FROM_2, { truncateChance: 1 });
  flips.socket.write('c'.repeat(100));
  await until('the cut-off end', () => ends.network.counts.truncations > 0);
  healCut();
  ends.network.strike(FROM_2, { resetChance: 1 });
  flips.socket.write('d');
  await until('the reset', flips.closed);
  expect(flips.received()).not.toContain('b');
  expect(flips.received().split('c').length - 1).toBeLessThan(100);
});

test('two faults of a link hold together, and each ends alone', async () => {
  const ends = await echo();
  const caller = await dial(ends, PEER);
  await until('the echo', () => caller.received() === PEER);
  const healStall = ends.network.strike(FROM_2, { stalled: true });
  const healDelay = ends.network.strike(FROM_2, { delayMs: 50 });
  caller.socket.write('a');
  healDelay();
  await until('the stall', () => ends.network.counts.stalls > 0);
  expect(caller.received()).toBe(PEER);
  healStall();
  await until('the rest', () => caller.received() === `${PEER}a`);
});
