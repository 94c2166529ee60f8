import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { WebSocketServer } from 'ws';
import { DEFAULT_LIMITS } from '../../src/node/config.ts';
import type { Message } from '../../src/raft/message.ts';
import type { PeerHandshake, PeerVerdict } from '../../src/transport/peer-handshake.ts';
import { PeerLinks } from '../../src/transport/peer-links.ts';
import { until } from '../node/raw-client.ts';

/** One end with a port of its own. */
class End implements AsyncDisposable {
  readonly id: number;
  readonly got: Message[] = [];
  readonly told: string[] = [];
  address = '';
  verdict: PeerVerdict = { kind: 'accept' };
  readonly #server: Server = createServer();
  readonly #sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  #links: PeerLinks | undefined;

  constructor(id: number) {
    this.id = id;
    this.#server.on('upgrade', (request, socket, head) => {
      this.#sockets.handleUpgrade(request, socket, head, (web) => this.links.accept(web, 'test'));
    });
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    this.address = `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
    return this.address;
  }

  connect(members: readonly { readonly id: number; readonly address: string }[]): void {
    const handshake: PeerHandshake = {
      helloTo: (to) => ({
        kind: 'peer-hello',
        clusterId: 'c',
        nodeId: this.id,
        to,
        incarnation: `i${this.id}`,
        address: this.address,
        formed: false,
        knownIncarnation: undefined,
        protocolMin: 1,
        protocol: 2,
      }),
      judgeCaller: () => this.verdict,
      judgeAnswer: () => ({ kind: 'accept' }),
    };
    this.#links = new PeerLinks({
      self: this.id,
      peers: members.filter(({ id }) => id !== this.id),
      handshake,
      limits: { ...DEFAULT_LIMITS, redialMsMin: 10, redialMsMax: 50, pingMs: 50, handshakeMs: 500 },
      events: {
        onMessages: (messages) => this.got.push(...messages),
        onUp: (peer) => this.told.push(`up ${peer}`),
        onDown: (peer) => this.told.push(`down ${peer}`),
        onRefused: (_, code) => this.told.push(`refused ${code}`),
        onAmnesia: () => this.told.push('amnesia'),
        onRemoved: () => this.told.push('removed'),
        onCaller: ({ nodeId, address }) => this.told.push(`caller ${nodeId} at ${address}`),
        onCallerLost: (peer) => this.told.push(`caller ${peer} lost`),
      },
    });
    this.#links.start();
  }

  get links(): PeerLinks {
    return this.#links!;
  }

  async until(told: string): Promise<void> {
    await until(
      `node ${this.id} is told ${told}, after ${this.told.join(', ')}`,
      () => this.told.includes(told) || undefined,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.links.close();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

async function pair(): Promise<readonly [End, End]> {
  const ends = [new End(1), new End(2)] as const;
  const members = [
    { id: 1, address: await ends[0].listen() },
    { id: 2, address: await ends[1].listen() },
  ];
  for (const end of ends) end.connect(members);
  return ends;
}

const heartbeat = (from: number, to: number, readRound: number): Message => ({
  kind: 'heartbeat-response',
  from,
  to,
  term: 1,
  readRound,
  sentMs: 0,
  clockMs: 0,
  promiseMs: 0,
});

test('messages of one send arrive together and in order', async () => {
  const [first, second] = await pair();
  await using one = first;
  await using two = second;
  await one.until('up 2');
  const messages = Array.from({ length: 100 }, (_, round) => heartbeat(1, 2, round));
  one.links.send([...messages, heartbeat(1, 3, 7)]);
  await until('all arrive', () => two.got.length >= 100 || undefined);
  expect(two.got).toEqual(messages);
});

test('a cut stops one direction alone, and heals', async () => {
  const [first, second] = await pair();
  await using one = first;
  await using two = second;
  await Promise.all([one.until('up 2'), two.until('up 1')]);
  one.links.setCut({ to: [2], from: [] });
  await one.until('down 2');
  one.links.send([heartbeat(1, 2, 1)]);
  two.links.send([heartbeat(2, 1, 2)]);
  await until('the other direction works', () => one.got.length === 1 || undefined);
  expect(two.got).toEqual([]);
  one.links.setCut({ to: [], from: [2] });
  await two.until('down 1');
  await until('it sends again', () => one.links.up.includes(2) || undefined);
  one.links.send([heartbeat(1, 2, 3)]);
  await until('it arrives', () => two.got.length === 1 || undefined);
  expect(two.links.up).toEqual([]);
  one.links.setCut({ to: [], from: [] });
  await until('both directions work', () => two.links.up.includes(1) || undefined);
});

test('a refusal is told to both ends, once, and dialling goes on', async () => {
  const two = new End(2);
  two.verdict = { kind: 'refuse', code: 'CLUSTER_MISMATCH', message: 'another cluster' };
  await using one = new End(1);
  const members = [
    { id: 1, address: await one.listen() },
    { id: 2, address: await two.listen() },
  ];
  one.connect(members);
  two.connect(members);
  await using _ = two;
  await one.until('refused CLUSTER_MISMATCH');
  await until(
    'it was refused again and again',
    () => two.told.filter((told) => told.startsWith('refused')).length > 3 || undefined,
  );
  expect(one.told.filter((told) => told.startsWith('refused'))).toHaveLength(1);
  two.verdict = { kind: 'accept' };
  await one.until('up 2');
});

test('amnesia is told to the end that lost its memory', async () => {
  const [first, second] = await pair();
  await using one = first;
  await using two = second;
  two.verdict = { kind: 'refuse', code: 'AMNESIA', message: 'forgotten' };
  one.links.setCut({ to: [2], from: [] });
  one.links.setCut({ to: [], from: [] });
  await one.until('amnesia');
  expect(two.told).not.toContain('amnesia');
});

test('peers come, move and go while it runs', async () => {
  await using one = new End(1);
  await using two = new End(2);
  await using three = new End(3);
  const at = [await one.listen(), await two.listen(), await three.listen()] as const;
  one.connect([]);
  two.connect([{ id: 1, address: at[0] }]);
  three.connect([]);
  await one.until(`caller 2 at ${at[1]}`);
  one.links.update([{ id: 2, address: at[1] }]);
  await one.until('up 2');
  one.links.update([{ id: 2, address: at[2] }]);
  await one.until('down 2');
  await three.until(`caller 1 at ${at[0]}`);
  one.links.update([]);
  await three.until('caller 1 lost');
  expect(one.links.up).toEqual([]);
});

test('a caller that is a member no longer is told so, and so is the one that it dials again', async () => {
  const [first, second] = await pair();
  await using one = first;
  await using two = second;
  await Promise.all([one.until('up 2'), two.until('up 1')]);
  one.verdict = { kind: 'refuse', code: 'MEMBER_REMOVED', message: 'removed' };
  one.links.update([]);
  await two.until('removed');
  await one.until('refused MEMBER_REMOVED');
});

test('a peer that is silent is given up, and dialled again', async () => {
  // Takes the socket and never answers: not even the upgrade.
  await using one = new End(1);
  const silent = createServer();
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  let dialled = 0;
  silent.on('upgrade', (_, socket) => {
    dialled++;
    socket.on('error', () => socket.destroy());
  });
  one.connect([
    { id: 1, address: await one.listen() },
    { id: 2, address: `127.0.0.1:${(silent.address() as AddressInfo).port}` },
  ]);
  await until('it dials again', () => dialled >= 2 || undefined);
  silent.closeAllConnections();
  silent.close();
});
