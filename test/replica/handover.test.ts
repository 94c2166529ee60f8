import { expect, test } from 'vitest';
import type { Input } from '../../src/replica/input.ts';
import type { Reply } from '../../src/replica/output.ts';
import { put, started, type TestCluster, type TestNode } from './cluster.ts';

const idOf = ({ replica }: TestNode): number => replica.status().id;
const successorOf = (cluster: TestCluster): TestNode =>
  [...cluster.nodes.values()].find((node) => node !== cluster.leader)!;

/** What a node answers to a put, as often as it has. */
function ask(
  cluster: TestCluster,
  node: TestNode,
  session: number,
  sequence: number,
): () => readonly Reply[] {
  return cluster.ask(node, (caller) => ({
    kind: 'command',
    caller,
    command: { machine: 'kv', session: { id: session, sequence, ackedBelow: 1 }, body: put('a') },
  }));
}

test('a leader hands over on request, and says to whom', () => {
  const cluster = started();
  const to = successorOf(cluster);
  const old = cluster.leader;
  const asked = cluster.ask(old, (caller) => ({ kind: 'transfer', caller, to: idOf(to) }));
  expect(asked()).toMatchObject([{ kind: 'result', result: idOf(to) }]);
  expect(cluster.leader).toBe(to);
  const twice = cluster.ask(to, (caller) => ({ kind: 'transfer', caller, to: idOf(to) }));
  expect(twice()).toMatchObject([{ kind: 'result', result: idOf(to) }]);
  expect(cluster.leader).toBe(to);
  const again = cluster.ask(cluster.leader, (caller) => ({ kind: 'transfer', caller, to: undefined }));
  expect(again()).toMatchObject([{ kind: 'result' }]);
});

test('a transfer that cannot be, or comes to nothing, is answered so, and the leader goes on', () => {
  const cluster = started();
  const { leader } = cluster;
  const follower = successorOf(cluster);
  const elsewhere = cluster.ask(follower, (caller) => ({ kind: 'transfer', caller, to: undefined }));
  expect(elsewhere()).toMatchObject([{ code: 'NOT_LEADER', leader: idOf(leader) }]);
  const nobody = cluster.ask(leader, (caller) => ({ kind: 'transfer', caller, to: 9 }));
  expect(nobody()).toMatchObject([{ code: 'MEMBER_UNKNOWN' }]);
  cluster.cut.add(idOf(follower));
  const asked = cluster.ask(leader, (caller) => ({ kind: 'transfer', caller, to: idOf(follower) }));
  expect(asked()).toEqual([]);
  cluster.tick(11);
  expect(asked()).toMatchObject([{ code: 'TRANSFER_FAILED' }]);
  expect(cluster.leader).toBe(leader);
});

test('commands that come during a transfer wait, and are applied here if nobody takes over', () => {
  const cluster = started();
  const session = cluster.open();
  const { leader } = cluster;
  const follower = successorOf(cluster);
  cluster.cut.add(idOf(follower));
  cluster.ask(leader, (caller) => ({ kind: 'transfer', caller, to: idOf(follower) }));
  const asked = ask(cluster, leader, session, 1);
  expect(asked()).toEqual([]);
  cluster.tick(12);
  expect(asked()).toMatchObject([{ kind: 'result', revision: 1 }]);
});

test('no command fails in a handover: each is applied, or sent to the new leader without a doubt', () => {
  const cluster = started();
  const session = cluster.open();
  const old = cluster.leader;
  const to = successorOf(cluster);
  // One is in the log and not committed, when the transfer begins.
  const command = (caller: number, sequence: number): Input => ({
    kind: 'command',
    caller,
    command: { machine: 'kv', session: { id: session, sequence, ackedBelow: 1 }, body: put(`k${sequence}`) },
  });
  const first = cluster.turn(old, command(901, 1));
  const begun = cluster.turn(old, { kind: 'transfer', caller: 902, to: idOf(to) }, command(903, 2));
  expect(begun).toEqual([]);
  // Nothing is told to the target before the first one is committed and answered.
  const told = first
    .flatMap((message) => cluster.turn(cluster.node(message.to), { kind: 'message', message }))
    .flatMap((message) => cluster.turn(old, { kind: 'message', message }));
  expect(old.replies.filter(({ caller }) => caller > 900)).toMatchObject([{ kind: 'result', caller: 901 }]);
  const [call] = told.filter(({ kind }) => kind === 'timeout-now');
  expect(call).toMatchObject({ to: idOf(to) });
  // The election: the old leader votes, knows of no leader for a moment, and keeps whoever asks waiting.
  const requests = cluster.turn(to, { kind: 'message', message: call! });
  const votes = requests.flatMap((message) =>
    cluster.turn(cluster.node(message.to), { kind: 'message', message }),
  );
  expect(old.replica.status()).toMatchObject({ role: 'follower', leader: undefined });
  cluster.turn(old, command(904, 3));
  expect(old.replies.some(({ caller }) => caller > 902)).toBe(false);
  let messages = votes;
  while (messages.length > 0) {
    messages = messages.flatMap((message) =>
      cluster.turn(cluster.node(message.to), { kind: 'message', message }),
    );
  }
  expect(cluster.leader).toBe(to);
  expect(old.replies.filter(({ caller }) => caller > 901)).toEqual([
    expect.objectContaining({ caller: 903, code: 'NOT_LEADER', leader: idOf(to) }),
    expect.objectContaining({ caller: 904, code: 'NOT_LEADER', leader: idOf(to) }),
    expect.objectContaining({ caller: 902, kind: 'result', result: idOf(to) }),
  ]);
});

test('who waits after a handover that leads nowhere is not kept for ever', () => {
  const cluster = started();
  const session = cluster.open();
  const old = cluster.leader;
  const to = successorOf(cluster);
  const told = cluster.turn(old, { kind: 'transfer', caller: 901, to: idOf(to) });
  const [call] = told.filter(({ kind }) => kind === 'timeout-now');
  const requests = cluster.turn(to, { kind: 'message', message: call! });
  // The target dies before it knows that it is elected.
  for (const message of requests) cluster.turn(cluster.node(message.to), { kind: 'message', message });
  for (const { replica } of cluster.nodes.values()) cluster.cut.add(replica.status().id);
  const asked = ask(cluster, old, session, 1);
  expect(asked()).toEqual([]);
  cluster.tick(11);
  expect(asked()).toMatchObject([{ code: 'NO_LEADER' }]);
  cluster.tick(30);
  expect(old.replies.filter(({ caller }) => caller === 901)).toMatchObject([{ code: 'TRANSFER_FAILED' }]);
});
