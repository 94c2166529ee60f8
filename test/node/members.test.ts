/** The members of running nodes change, over real sockets; the disks are memory. */
import { expect, test } from 'vitest';
import { connect } from '../../src/client/client.ts';
import { identityOfPlace } from '../../src/node/join-directory.ts';
import { MemoryDirectory } from './memory-storages.ts';
import { RawClient, until } from './raw-client.ts';
import { freePorts, TestCluster } from './test-cluster.ts';

const addresses = (cluster: TestCluster): readonly string[] => cluster.members.map(({ address }) => address);

/** Starts a node that was given a place, with a directory of its own. */
async function join(cluster: TestCluster): Promise<number> {
  const [port = 0] = await freePorts(1);
  const address = `127.0.0.1:${port}`;
  const incarnation = crypto.randomUUID().replaceAll('-', '');
  await using client = connect(addresses(cluster));
  const place = await client.members.join({ address, incarnation });
  const directory = new MemoryDirectory();
  const newcomer = { address, incarnation, wantsVote: false, replaces: undefined };
  directory.identity = identityOfPlace(place, newcomer);
  cluster.directories.set(place.id, directory);
  await cluster.startNode(place.id, { members: [], address });
  return place.id;
}

test('a place is given once, however often it is asked for, and listed by every node', async () => {
  await using cluster = await TestCluster.start(1);
  await cluster.leader();
  await using client = connect(addresses(cluster));
  const candidate = { address: 'h:4', incarnation: 'i4' };
  const { id, clusterId, members } = await client.members.join(candidate);
  expect({ id, clusterId }).toEqual({ id: 2, clusterId: 'test' });
  expect(members.map((member) => [member.id, member.role])).toEqual([
    [1, 'voter'],
    [2, 'learner'],
  ]);
  expect((await client.members.join(candidate)).id).toBe(2);
  expect((await client.members.add('h:5')).id).toBe(3);
  expect((await client.members.add('h:5')).id).toBe(3);
  expect((await client.members.join({ address: 'h:5', incarnation: 'i5' })).id).toBe(3);
  await expect(client.members.join({ address: 'h:5', incarnation: 'i6' })).rejects.toMatchObject({
    code: 'MEMBER_EXISTS',
  });
  const { settled, leader, members: listed } = await client.members.list({ consistency: 'stale' });
  expect({ settled, leader, ids: listed.map((member) => member.id) }).toEqual({
    settled: true,
    leader: 1,
    ids: [1, 2, 3],
  });
});

test('what cannot be done is refused with a code', async () => {
  await using cluster = await TestCluster.start(1);
  await cluster.leader();
  await using client = connect(addresses(cluster));
  const codes = await Promise.all(
    [
      client.members.join({ address: 'nowhere', incarnation: 'i' }),
      client.members.remove(9),
      client.members.remove(1),
      client.members.promote(1),
      client.leader.transfer(9),
      client.leader.transfer(1),
    ].map((call) =>
      call.then(
        () => 'done',
        (error: { readonly code: string }) => error.code,
      ),
    ),
  );
  expect(codes).toEqual([
    'BAD_REQUEST',
    'MEMBER_UNKNOWN',
    'CHANGE_INVALID',
    'CHANGE_INVALID',
    'MEMBER_UNKNOWN',
    'done',
  ]);
});

test('a node joins, catches up, gets a vote, and is taken out again', async () => {
  await using cluster = await TestCluster.start(1);
  await cluster.leader();
  await using client = connect(addresses(cluster));
  const { revision } = await client.kv.put('a', '1');
  const id = await join(cluster);
  const node = cluster.nodes.get(id);
  await until('it has caught up', () => node?.status().revision === revision || undefined);
  await client.members.promote(id);
  const { members } = await client.members.list();
  expect(members.find((member) => member.id === id)).toMatchObject({
    role: 'voter',
    progress: { state: 'replicate', recentlyActive: true, entriesBehind: 0, bytesBehind: 0 },
  });
  expect(node?.members).toEqual([...cluster.members, { id, address: node?.address }]);

  await client.members.remove(id);
  expect(await node?.stopped).toMatchObject({ code: 'MEMBER_REMOVED' });
  cluster.nodes.delete(id);
  const { directories } = cluster;
  expect(directories.get(id)?.identity?.removed).toBe(true);
  await client.kv.put('a', '2');
});

test('clients are told at once who the members are and who leads', async () => {
  await using cluster = await TestCluster.start(3);
  const leader = await cluster.leader();
  const raw = await cluster.client(leader);
  await using client = connect(addresses(cluster));
  const next = await client.leader.transfer();
  expect(next).not.toBe(leader);
  await until('word of the new leader', async () => (await raw.next('cluster')).leader === next || undefined);
  expect((await client.members.list()).leader).toBe(next);
});

test('a leader that is stopped hands over first', async () => {
  await using cluster = await TestCluster.start(3);
  const leader = await cluster.leader();
  await using client = connect(addresses(cluster));
  await client.kv.put('a', '1');
  const term = cluster.nodes.get(leader)?.status().term ?? 0;
  await cluster.stop(leader);
  expect(cluster.logged('handed over')).toHaveLength(1);
  await client.kv.put('a', '2');
  const terms = [...cluster.nodes.values()].map((node) => node.status().term);
  // Nobody had to campaign twice, as they might after an election.
  expect(terms).toEqual([term + 1, term + 1]);
});

test('whoever asks for a change of the members is checked field by field', async () => {
  await using cluster = await TestCluster.start(1);
  const raw = await RawClient.open(cluster.address(await cluster.leader()));
  raw.send({ kind: 'member-change', request: 1, changes: [] });
  expect(await raw.next('error')).toMatchObject({ request: 1, code: 'CHANGE_INVALID' });
  raw.send({
    kind: 'member-change',
    request: 2,
    changes: [{ kind: 'add-voter', member: { id: 7, address: 'x', incarnation: '' } }],
  });
  expect(await raw.next('error')).toMatchObject({ request: 2, code: 'BAD_REQUEST' });
  raw.send({
    kind: 'member-change',
    request: 3,
    changes: [{ kind: 'add-learner', member: { id: 2 ** 40, address: 'h:4', incarnation: '' } }],
  });
  expect(await raw.next('error')).toMatchObject({ request: 3, code: 'CHANGE_INVALID' });
  raw.send({ kind: 'member-list', request: 4 });
  expect(await raw.next('members')).toMatchObject({ request: 4, nodeId: 1, leader: 1 });
  raw.close();
});
