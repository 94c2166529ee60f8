/** Whatever comes to the port: a clear error, at most its own connection closed, nothing lost. */
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { StoreError } from '../../src/base/errors.ts';
import { nodeConfig } from '../../src/node/config.ts';
import { startNode } from '../../src/node/node.ts';
import { encodeClientFrames } from '../../src/wire/client-codec.ts';
import type { PeerFrame, PeerHelloFrame } from '../../src/wire/peer-frames.ts';
import { decodePeerFrames, encodePeerFrames } from '../../src/wire/peer-codec.ts';
import { MemoryDirectory } from './memory-storages.ts';
import { RawClient, until } from './raw-client.ts';
import { get, TestCluster, TestSession } from './test-cluster.ts';

const LIMITS = {
  helloMs: 300,
  headersMs: 300,
  valueBytesMax: 1_000,
  clientFrameBytesMax: 600_000,
  connectionsMax: 8,
  requestsInFlightMax: 4,
  watchesPerConnectionMax: 2,
};

let cluster: TestCluster;
let address: string;

beforeAll(async () => {
  cluster = await TestCluster.start(1, LIMITS);
  await cluster.leader();
  address = cluster.address(1);
  const session = await TestSession.open(await cluster.client(1));
  await session.put('kept', 'value');
});

afterAll(async () => {
  await cluster[Symbol.asyncDispose]();
});

/** The node is well, for others. */
async function expectWell(): Promise<void> {
  const client = await RawClient.open(address);
  expect(await get(client, 'kept')).toMatchObject({ kind: 'result', result: { entry: { version: 1 } } });
  client.close();
}

/** All that a socket is told until it is closed, when `bytes` are written to it. */
async function exchange(bytes: string | Uint8Array): Promise<string> {
  const [host = '', port] = address.split(':');
  const socket: Socket = connect(Number(port), host);
  let heard = '';
  let closed = false;
  socket.on('data', (data) => (heard += data.toString('latin1')));
  socket.on('error', () => undefined);
  socket.on('close', () => (closed = true));
  if (bytes.length > 0) socket.write(bytes);
  await until('the node closes the socket', () => closed || undefined);
  return heard;
}

async function goodbye(act: (client: RawClient) => void, client = new RawClient(address)): Promise<string> {
  await client.opened();
  act(client);
  const { code, message } = await client.next('goodbye');
  await client.end();
  return `${code}: ${message}`;
}

test('garbage bytes on the port are answered with 400 and closed', async () => {
  expect(await exchange('\u0000\u0001garbage\r\n\r\n')).toContain('HTTP/1.1 400');
  expect(await exchange(Buffer.alloc(100_000, 0xff))).toContain('BAD_REQUEST');
  await expectWell();
});

test('a half-open connection is closed in time, as is one with half a request', async () => {
  await exchange('');
  expect(await exchange('GET /health HTTP/1.1\r\nhost: x\r\n')).toContain('HTTP/1.1 408');
  await expectWell();
});

test('headers that never end are refused', async () => {
  expect(await exchange(`GET / HTTP/1.1\r\nhost: x\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`)).toContain(
    'HTTP/1.1 4',
  );
  await expectWell();
});

test('a connection without a hello is closed in time', async () => {
  expect(await goodbye(() => undefined)).toContain('TIMEOUT');
});

test('a first frame that is not hello is refused', async () => {
  expect(await goodbye((client) => client.send({ kind: 'ping' }))).toContain(
    'PROTOCOL_VIOLATION: the first frame',
  );
});

test('garbage in a WebSocket message closes that connection alone, with a goodbye', async () => {
  expect(await goodbye((client) => client.sendBytes(Buffer.from([1, 0xc1, 0xff])))).toContain(
    'PROTOCOL_VIOLATION',
  );
  expect(await goodbye((client) => client.sendBytes(Buffer.alloc(0)))).toContain('PROTOCOL_VIOLATION');
  expect(await goodbye((client) => client.socket.send('text'))).toContain('PROTOCOL_VERSION');
  await expectWell();
});

test('bytes that are no WebSocket frames close the connection', async () => {
  const upgrade =
    'GET /client HTTP/1.1\r\nhost: x\r\nconnection: Upgrade\r\nupgrade: websocket\r\n' +
    'sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';
  expect(await exchange(`${upgrade}\u007f\u00ff\u00ff`)).toContain('HTTP/1.1 101');
  await expectWell();
});

test('another protocol version is named', async () => {
  const other = encodeClientFrames([{ kind: 'hello', clusterId: undefined, client: 'old' }]);
  other[0] = 7;
  expect(await goodbye((client) => client.sendBytes(other))).toBe(
    'PROTOCOL_VERSION: this end speaks protocol version 1, the other one 7',
  );
});

test('a client of another cluster is refused', async () => {
  expect(
    await goodbye((client) => client.send({ kind: 'hello', clusterId: 'other', client: 'raw' })),
  ).toContain('CLUSTER_MISMATCH');
});

test('an oversize frame is refused with a goodbye, a huge one by the close code', async () => {
  const client = await RawClient.open(address);
  expect(await goodbye((greeted) => greeted.sendBytes(Buffer.alloc(700_000)), client)).toContain(
    'FRAME_TOO_LARGE',
  );
  const huge = await RawClient.open(address);
  huge.sendBytes(Buffer.alloc(2_000_000));
  expect((await huge.end()).code).toBe(1009);
  await expectWell();
});

test('a bad key, a large value, a wrong type and an unknown machine are refused, and the connection goes on', async () => {
  const client = await RawClient.open(address);
  const session = await TestSession.open(client);
  const put = (key: unknown, value: unknown): Promise<unknown> =>
    session
      .command({ kind: 'put', key, value })
      .then((answer) => (answer.kind === 'error' ? answer.code : answer.kind));
  const value = new Uint8Array(1);
  expect(await put('', value)).toBe('KEY_INVALID');
  expect(await put('k'.repeat(65_537), value)).toBe('KEY_INVALID');
  expect(await put('k', new Uint8Array(1_001))).toBe('VALUE_TOO_LARGE');
  expect(await put('k', 'text')).toBe('BAD_REQUEST');
  expect(await put(7, value)).not.toBe('result');
  expect(await session.command({ kind: 'explode' })).toMatchObject({ kind: 'error', code: 'BAD_REQUEST' });
  expect(await session.command(null)).toMatchObject({
    kind: 'error',
    code: 'BAD_REQUEST',
    outcome: 'not-applied',
  });
  expect(
    await client.ask({ kind: 'query', machine: 'nothing', consistency: 'stale', body: null }),
  ).toMatchObject({ kind: 'error', code: 'UNKNOWN_MACHINE' });
  expect(
    await client.ask({ kind: 'command', machine: 'clock', session: undefined, body: null }),
  ).toMatchObject({
    code: 'UNKNOWN_MACHINE',
  });
  expect(await put('k', value)).toBe('result');
  client.close();
});

test('more requests and watches than the limits are refused one by one', async () => {
  const client = await RawClient.open(address);
  client.send(
    ...Array.from({ length: 6 }, (_, at) => ({
      kind: 'query' as const,
      request: at,
      machine: 'kv',
      consistency: 'linearizable' as const,
      body: { kind: 'get', key: 'kept' },
    })),
  );
  await until('six answers', () => client.frames.length === 6 || undefined);
  expect(client.frames.map((frame) => (frame.kind === 'error' ? frame.code : frame.kind)).toSorted()).toEqual(
    ['TOO_BUSY', 'TOO_BUSY', 'result', 'result', 'result', 'result'],
  );
  for (const request of [11, 12, 13]) {
    client.send({ kind: 'watch', request, machine: 'kv', key: '', prefix: true, fromRevision: undefined });
  }
  expect(await client.next('watch-ended')).toMatchObject({ request: 13, code: 'WATCH_LIMIT' });
  client.close();
});

test('a watch of a machine that is not there ends with a code, and an unknown watch may be closed', async () => {
  const client = await RawClient.open(address);
  client.send({
    kind: 'watch',
    request: 2,
    machine: 'none',
    key: 'a',
    prefix: false,
    fromRevision: undefined,
  });
  expect(await client.next('watch-ended')).toMatchObject({ request: 2, code: 'UNKNOWN_MACHINE' });
  client.send({ kind: 'unwatch', request: 77 });
  expect(await get(client, 'kept')).toMatchObject({ kind: 'result' });
  client.close();
});

test('connections above the limit get a goodbye, the others stay', async () => {
  const clients: RawClient[] = [];
  for (let at = 0; at < 6; at++) clients.push(await RawClient.open(address));
  const { connections } = cluster.nodes.get(1)!.status();
  for (let at = connections; at < 8; at++) clients.push(await RawClient.open(address));
  const refused = new RawClient(address);
  expect(await refused.next('goodbye')).toMatchObject({ code: 'CONNECTION_LIMIT' });
  expect(await get(clients[0]!, 'kept')).toMatchObject({ kind: 'result' });
  for (const client of clients) client.close();
  await until('they are gone', () => cluster.nodes.get(1)!.status().connections < 4 || undefined);
});

test('a web page may not connect', async () => {
  const socket = new WebSocket(`ws://${address}/client`, { origin: 'http://evil.example' });
  const status = await new Promise<number | undefined>((resolve) => {
    socket.on('unexpected-response', (_, response) => {
      resolve(response.statusCode);
      socket.terminate();
    });
    socket.on('error', () => undefined);
  });
  expect(status).toBe(403);
});

/** The status of an HTTP answer, and the code in it. */
async function answer(path: string, init?: RequestInit): Promise<unknown> {
  const response = await fetch(`http://${address}${path}`, init);
  const body = (await response.json()) as { error?: { code: string } };
  return [response.status, body.error?.code];
}

test('wrong paths and methods are answered with JSON', async () => {
  expect(await answer('/nothing')).toEqual([404, 'BAD_REQUEST']);
  expect(await answer('/__proto__')).toEqual([404, 'BAD_REQUEST']);
  expect(await answer('/health', { method: 'POST' })).toEqual([405, 'BAD_REQUEST']);
  expect(await answer('/client')).toEqual([426, 'BAD_REQUEST']);
  expect(await answer('/faults', { method: 'POST', body: 'no json' })).toEqual([400, 'BAD_REQUEST']);
  expect(await answer('/faults', { method: 'POST', body: '{"cutTo":[0]}' })).toEqual([400, 'BAD_REQUEST']);
  expect(await answer('/faults', { method: 'POST', body: '{}', headers: { origin: 'http://a' } })).toEqual([
    403,
    'DENIED',
  ]);
  expect(await answer('/ready')).toEqual([200, undefined]);
});

test('a port in use and a bad configuration are told by their codes', async () => {
  const settings = { id: 1, clusterId: 'c', members: [{ id: 1, address }], directory: 'memory' };
  const parts = { openStorages: new MemoryDirectory().open };
  await expect(startNode(nodeConfig(settings), parts)).rejects.toMatchObject({ code: 'PORT_IN_USE' });
  const wrong = (changes: object): string => {
    try {
      nodeConfig({ ...settings, ...changes });
    } catch (error) {
      if (error instanceof StoreError) return `${error.code}: ${error.message}`;
    }
    return 'taken';
  };
  expect([
    wrong({ id: 2 }),
    wrong({ clusterId: '' }),
    wrong({ members: [] }),
    wrong({ members: [{ id: 1, address: 'nowhere' }] }),
    wrong({ members: [settings.members[0], settings.members[0]] }),
    wrong({ listen: '127.0.0.1:99999' }),
    wrong({ tickMs: 0 }),
    wrong({ electionTicksMax: 30 }),
    wrong({ limits: { connectionsMax: -1 } }),
    wrong({ limits: { clientFrameBytesMax: 1_000 } }),
    wrong({ limits: { watchesPerConnectionMax: 100_000 } }),
    wrong({ limits: { wrongName: 1 } }),
  ]).toMatchInlineSnapshot(`
    [
      "CONFIG_INVALID: id 2 is not among the members",
      "CONFIG_INVALID: clusterId must have 1 to 128 characters",
      "CONFIG_INVALID: id 1 is not among the members",
      "CONFIG_INVALID: members: "nowhere" is not host:port",
      "CONFIG_INVALID: members names one id twice",
      "CONFIG_INVALID: listen: "127.0.0.1:99999" is not host:port",
      "CONFIG_INVALID: tickMs must be a whole number, 1 or more",
      "CONFIG_INVALID: electionTicksMax must be above electionTicksMin",
      "CONFIG_INVALID: connectionsMax must be a whole number, 1 or more",
      "CONFIG_INVALID: clientFrameBytesMax must be at least 2097152, to hold a value",
      "CONFIG_INVALID: watchesPerConnectionMax must be at most 65536",
      "CONFIG_INVALID: wrongName is no limit that this release knows",
    ]
  `);
});

/** Says a hello on `/peer` and tells what comes back. */
async function peerAnswer(changes: Partial<PeerHelloFrame>, of = cluster): Promise<PeerFrame> {
  const hello: PeerHelloFrame = {
    kind: 'peer-hello',
    clusterId: 'test',
    nodeId: 2,
    to: 1,
    incarnation: 'unknown',
    address: '',
    formed: false,
    knownIncarnation: undefined,
    protocolMin: 1,
    protocol: 2,
    ...changes,
  };
  const socket = new WebSocket(`ws://${of.address(1)}/peer`);
  const frames: PeerFrame[] = [];
  socket.on('message', (data: Buffer) => frames.push(...decodePeerFrames(data)));
  socket.on('open', () => socket.send(encodePeerFrames([hello])));
  socket.on('error', () => undefined);
  const answer = await until('an answer', () => frames[0]);
  socket.terminate();
  return answer;
}

test('a peer of another cluster, another node, or without its memory is refused with a code', async () => {
  await using three = await TestCluster.start(3);
  await three.leader();
  await until('node 1 is formed', () => three.nodes.get(1)!.status().role !== 'forming' || undefined);
  expect(await peerAnswer({ clusterId: 'other' }, three)).toMatchObject({ code: 'CLUSTER_MISMATCH' });
  expect(await peerAnswer({ to: 3 }, three)).toMatchObject({ code: 'NODE_MISMATCH' });
  expect(await peerAnswer({ nodeId: 9 }, three)).toMatchObject({ code: 'NODE_MISMATCH' });
  expect(await peerAnswer({}, three)).toMatchObject({ code: 'AMNESIA' });
  const { leader } = three.nodes.get(1)!.status();
  expect(three.nodes.get(1)!.status()).toMatchObject({ leader });
});

test('a peer that speaks for another node is cut', async () => {
  await using three = await TestCluster.start(3);
  await three.leader();
  const { incarnation } = three.directories.get(2)!.identity!;
  const known = three.directories.get(1)!.identity!.incarnation;
  const socket = new WebSocket(`ws://${three.address(1)}/peer`);
  const frames: PeerFrame[] = [];
  socket.on('message', (data: Buffer) => frames.push(...decodePeerFrames(data)));
  socket.on('error', () => undefined);
  await until('the socket is open', () => socket.readyState === WebSocket.OPEN || undefined);
  const hello = {
    kind: 'peer-hello',
    clusterId: 'test',
    nodeId: 2,
    to: 1,
    incarnation,
    address: '',
    formed: true,
    protocolMin: 1,
    protocol: 2,
  } as const;
  socket.send(encodePeerFrames([{ ...hello, knownIncarnation: known }]));
  await until('a hello', () => frames[0]);
  const message = { kind: 'vote-response', from: 3, to: 1, term: 2 ** 40, granted: true } as const;
  socket.send(encodePeerFrames([{ kind: 'peer-messages', messages: [message] }]));
  expect(await until('a goodbye', () => frames[1])).toMatchObject({
    kind: 'peer-goodbye',
    code: 'NODE_MISMATCH',
  });
  expect(three.nodes.get(1)!.status().term).toBeLessThan(2 ** 40);
});
