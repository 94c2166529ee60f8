/** The members of a running cluster change, by the commands that an operator has. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished, expect, test } from 'vitest';
import { waitUntil } from '../../cluster/wait-until.ts';
import { connect } from '../../src/client/client.ts';
import { kvorum, launch } from './command.ts';
import { TestCluster } from './harness.ts';

interface Listed {
  readonly leader: number | null;
  readonly settled: boolean;
  readonly members: readonly {
    readonly id: number;
    readonly role: string;
    readonly progress?: { readonly recentlyActive: boolean; readonly entriesBehind: number };
  }[];
}

const at = (cluster: TestCluster): readonly string[] => ['--endpoints', cluster.endpoints.join(',')];

async function list(cluster: TestCluster): Promise<Listed> {
  const { status, stdout, stderr } = await kvorum('member', 'list', '--json', ...at(cluster));
  expect({ status, stderr }).toMatchObject({ status: 0 });
  return JSON.parse(stdout);
}

/** Waits until the members are as wanted. */
function listWhere(cluster: TestCluster, what: string, wanted: (list: Listed) => boolean): Promise<Listed> {
  return waitUntil({ what, timeoutMs: 30_000 }, async () => {
    const found = await list(cluster);
    return wanted(found) ? found : undefined;
  });
}

const voters = ({ members }: Listed): readonly number[] =>
  members.filter(({ role }) => role === 'voter').map(({ id }) => id);

test('the leader moves by command, and is told who cannot lead', async () => {
  await using cluster = await TestCluster.start(3);
  const leader = await cluster.leader();
  const [next = 0] = cluster.local.ids.filter((id) => id !== leader);
  const moved = await kvorum('leader', 'transfer', String(next), '--json', ...at(cluster));
  expect(moved).toMatchObject({ status: 0, stderr: '' });
  expect(JSON.parse(moved.stdout)).toMatchObject({ leader: next });
  expect(await kvorum('leader', 'transfer', String(next), ...at(cluster))).toMatchObject({ status: 0 });
  await cluster.statusWhere(next, 'leads', ({ role }) => role === 'leader');
  const wrong = await kvorum('leader', 'transfer', '9', ...at(cluster));
  expect(wrong).toMatchObject({ status: 2 });
  expect(wrong.stderr).toContain('MEMBER_UNKNOWN');
  const nobody = await kvorum('leader', 'transfer', 'nine', ...at(cluster));
  expect(nobody).toMatchObject({ status: 2, stdout: '' });
});

test('a dead node is replaced by one command, and the new one survives a restart of all', async () => {
  await using cluster = await TestCluster.start(3);
  const { local } = cluster;
  await using client = connect(cluster.endpoints);
  await client.kv.put('a', '1');
  const leader = await cluster.leader();
  const [dead = 0] = local.ids.filter((id) => id !== leader);
  await local.kill(dead);
  const { path } = local.directory;
  const replaced = await kvorum('cluster', 'replace', String(dead), '--dir', path, '--json');
  expect(replaced).toMatchObject({ status: 0 });
  expect(JSON.parse(replaced.stdout)).toEqual({ replaced: dead, by: 4 });
  cluster.reopen();
  expect(voters(await list(cluster))).toEqual([1, 2, 3, 4].filter((id) => id !== dead));
  const tables = await kvorum('member', 'list', ...at(cluster));
  expect(tables.stdout).toMatch(/^MEMBER {2}ROLE {4}STATE {2}MATCH {2}BEHIND {2}ADDRESS\nn/);

  await cluster.killAll();
  await cluster.local.start();
  await cluster.leader();
  expect((await client.kv.get('a', { timeoutMs: 30_000 }))?.text()).toBe('1');
});

test('a node joins by its own command, also at the address of the one that it replaces', async () => {
  await using cluster = await TestCluster.start(3);
  const { local } = cluster;
  const leader = await cluster.leader();
  const [dead = 0] = local.ids.filter((id) => id !== leader);
  await local.kill(dead);
  const port = local.addressOf(dead).split(':').at(-1) ?? '';
  const dir = mkdtempSync(join(tmpdir(), 'kvorum-join-'));
  const node = (...flags: readonly string[]): ReturnType<typeof launch> => {
    const child = launch(['node', '--dir', dir, ...flags]);
    child.stderr?.resume();
    onTestFinished(() => void child.kill('SIGKILL'));
    return child;
  };
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const living = local.ids.filter((id) => id !== dead).map((id) => local.addressOf(id));

  const wrong = await kvorum(
    'node',
    '--dir',
    dir,
    '--join',
    living.join(','),
    '--cluster-id',
    'x',
    '--port',
    port,
  );
  expect(wrong).toMatchObject({ status: 8 });
  expect(wrong.stderr).toContain('CLUSTER_MISMATCH');

  const joined = node('--join', living.join(','), '--port', port, '--replace', String(dead));
  const { members } = await listWhere(cluster, 'the new node votes', (found) => voters(found).includes(4));
  expect(members.map(({ id }) => id)).toEqual([1, 2, 3, 4].filter((id) => id !== dead));
  // What it is stands in its directory.
  const ended = new Promise((resolve) => joined.once('exit', resolve));
  joined.kill('SIGTERM');
  expect(await ended).toBe(0);
  const again = node();
  await listWhere(cluster, 'it is back', (found) =>
    found.members.some(({ id, progress }) => id === 4 && progress?.entriesBehind === 0),
  );
  again.kill('SIGKILL');
});

test('a removed node stops, and stays out', async () => {
  await using cluster = await TestCluster.start(3);
  const { local } = cluster;
  const leader = await cluster.leader();
  // The leader itself: it hands over when its removal is committed.
  const removed = await kvorum('member', 'remove', String(leader), ...at(cluster));
  expect(removed).toMatchObject({ status: 0, stderr: `n${leader} is removed\n` });
  expect(await cluster.endOf(leader)).toContain('MEMBER_REMOVED');
  await local.start([leader]);
  expect(await cluster.endOf(leader)).toContain('was removed from cluster');
  await using client = connect(cluster.endpoints);
  await client.kv.put('a', '1');
  expect(voters(await list(cluster))).toEqual(local.ids.filter((id) => id !== leader));
  const again = await kvorum('member', 'remove', String(leader), ...at(cluster));
  expect(again).toMatchObject({ status: 2 });
  expect(again.stderr).toContain('MEMBER_UNKNOWN');
});

test('a removal that would leave no majority that answers is refused', async () => {
  await using cluster = await TestCluster.start(3);
  const { local } = cluster;
  const leader = await cluster.leader();
  const [dead = 0, alive = 0] = local.ids.filter((id) => id !== leader);
  await local.kill(dead);
  await listWhere(cluster, 'the dead one is missed', ({ members }) =>
    members.some(({ id, progress }) => id === dead && progress?.recentlyActive === false),
  );
  const refused = await kvorum('member', 'remove', String(alive), ...at(cluster));
  expect(refused).toMatchObject({ status: 6, stdout: '' });
  expect(refused.stderr).toContain('QUORUM_AT_RISK');
  expect(voters(await list(cluster))).toEqual([1, 2, 3]);
});
