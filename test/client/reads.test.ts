import { expect, test } from 'vitest';
import { connect } from '../../src/client/client.ts';
import { readChoice } from '../../src/client/options.ts';
import { TestCluster } from '../node/test-cluster.ts';

const KINDS = [
  { consistency: 'linearizable' },
  { consistency: 'lease' },
  { consistency: 'stale', maxStaleMs: 0 },
] as const;

test('every node gives every kind of read that must be up to date the last write', async () => {
  await using cluster = await TestCluster.start(3);
  await using client = connect(cluster.members.map(({ address }) => address));
  for (const consistency of KINDS) {
    for (const from of ['leader', 'any', 1, 2, 3] as const) {
      const { revision } = await client.kv.put('a', `${from}`);
      const read = await client.kv.read('a', { ...consistency, from });
      expect(read.entry?.text()).toBe(`${from}`);
      expect(read).toMatchObject({ revision, staleMs: 0 });
    }
  }
});

test('a node that is cut off answers old reads alone, and says no more than it knows', async () => {
  await using cluster = await TestCluster.start(3);
  await using client = connect(cluster.members.map(({ address }) => address));
  const away = ((await cluster.leader()) % 3) + 1;
  await client.kv.put('a', 'old');
  expect((await client.kv.get('a', { from: away }))?.text()).toBe('old');
  const others = [1, 2, 3].filter((id) => id !== away);
  await fetch(`http://${cluster.address(away)}/faults`, {
    method: 'POST',
    body: JSON.stringify({ cutTo: others, cutFrom: others }),
  });
  await client.kv.put('a', 'new');
  const stale = await client.kv.read('a', { consistency: 'stale', from: away });
  expect(stale.entry?.text()).toBe('old');
  expect(stale.staleMs).toBeGreaterThanOrEqual(0);
  const within = await client.kv.read('a', { consistency: 'stale', maxStaleMs: 60_000, from: away });
  expect(within.staleMs).toBeLessThanOrEqual(60_000);
  for (const kind of KINDS) {
    const read = client.kv.get('a', { ...kind, from: away, timeoutMs: 600 });
    await expect(read).rejects.toMatchObject({
      code: expect.stringMatching(/^(NO_LEADER|READ_UNCONFIRMED|TIMEOUT)$/) as string,
      outcome: 'not-applied',
    });
    expect((await client.kv.get('a', kind))?.text()).toBe('new');
  }
});

test('reads from any node go on at another one when theirs stops', async () => {
  await using cluster = await TestCluster.start(3);
  await using client = connect(cluster.members.map(({ address }) => address));
  await client.kv.put('a', '1');
  const leader = await cluster.leader();
  expect((await client.kv.get('a', { from: 'any' }))?.text()).toBe('1');
  for (const id of [1, 2, 3].filter((other) => other !== leader)) {
    await cluster.stop(id);
    expect((await client.kv.get('a', { from: 'any' }))?.text()).toBe('1');
    await cluster.startNode(id);
  }
});

test('a node that the cluster does not have answers nothing', async () => {
  await using cluster = await TestCluster.start(1);
  await using client = connect(cluster.address(1));
  await expect(client.kv.get('a', { from: 9, timeoutMs: 300 })).rejects.toMatchObject({
    code: 'MEMBER_UNKNOWN',
  });
});

test('options that contradict each other are refused', async () => {
  await using client = connect('127.0.0.1:1');
  const wrong = [
    { maxStaleMs: 5 },
    { consistency: 'lease', maxStaleMs: 5 },
    { consistency: 'stale', maxStaleMs: -1 },
    { consistency: 'stale', maxStaleMs: 0.5 },
    { from: 0 },
  ] as const;
  for (const options of wrong)
    await expect(client.kv.get('a', options)).rejects.toMatchObject({ code: 'BAD_REQUEST' });
});

test('a read is linearizable and goes to the leader, unless it asks for something else', () => {
  expect(readChoice({})).toEqual({ consistency: 'linearizable', maxStaleMs: undefined, from: 'leader' });
  expect(readChoice({ consistency: 'stale' })).toMatchObject({ from: 'connected' });
  expect(readChoice({ consistency: 'stale', from: 'any' })).toMatchObject({ from: 'any' });
});
