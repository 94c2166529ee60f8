/** A leader that is cut off from the majority. */
import { expect, test } from 'vitest';
import { connect } from '../../src/client/client.ts';
import type { ClientFrame } from '../../src/wire/client-frames.ts';
import { waitUntil } from '../../cluster/wait-until.ts';
import { TestCluster } from './harness.ts';
import { RawClient } from './raw-client.ts';

const ANSWER_TIMEOUT_MS = 10_000;

/** A write that needs no session of its own: it opens one. */
const write = (request: number): ClientFrame => ({
  kind: 'command',
  request,
  machine: 'sessions',
  session: undefined,
  body: { kind: 'open', ttlMs: 60_000 },
});

const read = (request: number): ClientFrame => ({
  kind: 'query',
  request,
  machine: 'kv',
  body: { kind: 'get', key: 'a' },
  consistency: 'linearizable',
});

test('it serves neither a write nor a linearizable read, and the majority serves both', async () => {
  await using cluster = await TestCluster.start(5);
  const { local } = cluster;
  await using client = connect(cluster.endpoints, { timeoutMs: 30_000 });
  await client.kv.put('a', '1');
  const leader = await cluster.leader();
  const raw = await RawClient.connect(local.addressOf(leader));
  const answerOf = (request: number): Promise<string> =>
    waitUntil(
      { what: `an answer to ${request}`, timeoutMs: ANSWER_TIMEOUT_MS },
      () => raw.answerTo(request)?.kind,
    );
  raw.send(write(1));
  raw.send(read(2));
  expect([await answerOf(1), await answerOf(2)]).toEqual(['result', 'result']);

  const [friend = 0, ...majority] = local.ids.filter((id) => id !== leader);
  await local.partition([[leader, friend], majority]);
  raw.send(write(3));
  raw.send(read(4));
  await cluster.leaderOtherThan(leader);
  await client.kv.put('a', '2');
  expect((await client.kv.get('a'))?.text()).toBe('2');
  raw.send(write(5));
  raw.send(read(6));
  const answers = await Promise.all([3, 4, 5, 6].map(answerOf));
  expect(answers).toEqual(['error', 'error', 'error', 'error']);
  raw.close();

  await local.heal();
  await cluster.statusWhere(
    leader,
    'follows again',
    (status) => status.role === 'follower' && status.leader !== undefined,
  );
  expect((await client.kv.get('a'))?.text()).toBe('2');
});
