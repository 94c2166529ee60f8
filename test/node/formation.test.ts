import { expect, test } from 'vitest';
import { Formation } from '../../src/node/formation.ts';
import { Roster } from '../../src/node/roster.ts';
import { bootstrapConfiguration, type Configuration } from '../../src/raft/configuration.ts';
import type { Identity } from '../../src/storage/identity.ts';

const MEMBERS = [1, 2, 3];

function identity(nodeId: number, incarnation: string, peers?: Readonly<Record<number, string>>): Identity {
  const known = Object.entries(peers ?? {}).map(([id, name]): [number, string] => [Number(id), name]);
  return {
    clusterId: 'c',
    nodeId,
    address: at(nodeId),
    incarnation,
    peers: peers === undefined ? undefined : new Map(known),
    joined: undefined,
    removed: false,
  };
}

const at = (id: number): string => `h:${id}`;

function rosterOf(identity: Identity, members: readonly number[]): Roster {
  return new Roster(
    identity,
    at(identity.nodeId),
    members.map((id) => ({ id, address: at(id) })),
  );
}

function founder(identity: Identity, members: readonly number[]): Formation {
  return new Formation(identity, rosterOf(identity, members), () => 1);
}

/** A node that joined the founders of `MEMBERS`. */
function joiner(nodeId: number, incarnation: string): Formation {
  const joined = {
    members: MEMBERS.map((id) => ({ id, address: at(id) })),
    isNew: true,
    wantsVote: true,
    replaces: undefined,
  };
  const who = { ...identity(nodeId, incarnation, { 1: 'i1', 2: 'i2', 3: 'i3' }), joined };
  return new Formation(who, rosterOf(who, []), () => 1);
}

/** These members, with incarnations `i1`, `i2`, … */
function configuration(ids: readonly number[], nextId: number): Configuration {
  const members = ids.map((id) => ({ id, address: at(id), incarnation: `i${id}` }));
  return { ...bootstrapConfiguration(members), nextId };
}

/** `caller` dials `callee`: what each makes of the other, as the links carry it out. */
function dial(caller: Formation, callerId: number, callee: Formation, calleeId: number): string {
  const verdict = callee.judgeCaller(caller.helloTo(calleeId));
  if (verdict.kind !== 'accept') return verdict.kind === 'refuse' ? verdict.code : verdict.kind;
  const answer = caller.judgeAnswer(calleeId, callee.helloTo(callerId));
  return answer.kind === 'refuse' ? `answer ${answer.code}` : answer.kind;
}

function form(formation: Formation): void {
  formation.confirm(formation.complete());
}

test('nodes with empty directories form once each has met all others', () => {
  const [one, two, three] = [1, 2, 3].map((id) => founder(identity(id, `i${id}`), MEMBERS));
  expect(one!.missing).toEqual([2, 3]);
  expect(dial(one!, 1, two!, 2)).toBe('accept');
  expect(one!.missing).toEqual([3]);
  expect(two!.missing).toEqual([1, 3]);
  expect(dial(one!, 1, three!, 3)).toBe('accept');
  form(one!);
  expect(one!.formed).toBe(true);
  expect(one!.complete().peers).toEqual(
    new Map([
      [2, 'i2'],
      [3, 'i3'],
    ]),
  );
  // A formed node and one that is not formed yet go well together, in both directions.
  expect(dial(two!, 2, one!, 1)).toBe('accept');
  expect(dial(one!, 1, two!, 2)).toBe('accept');
});

test('a node alone in its cluster forms at once', () => {
  const alone = founder(identity(1, 'i1'), [1]);
  expect(alone.missing).toEqual([]);
  expect(alone.complete().peers).toEqual(new Map());
});

test('a node whose directory was emptied is refused by every formed node, and told so', () => {
  const formed = founder(identity(2, 'i2', { 1: 'i1', 3: 'i3' }), MEMBERS);
  const emptied = founder(identity(1, 'new'), MEMBERS);
  expect(dial(emptied, 1, formed, 2)).toBe('AMNESIA');
  expect(emptied.missing).toEqual([2, 3]);
});

test('a node whose directory was emptied learns of it from the hello of a formed node', () => {
  const formed = founder(identity(2, 'i2', { 1: 'i1', 3: 'i3' }), MEMBERS);
  const emptied = founder(identity(1, 'new'), MEMBERS);
  expect(emptied.judgeAnswer(2, formed.helloTo(1)).kind).toBe('amnesia');
  expect(dial(formed, 2, emptied, 1)).toBe('answer AMNESIA');
});

test('a node that took part in a decision cannot form again, however its peers come and go', () => {
  // 1 and 2 are formed and decided something without 3, which has forgotten whom it met.
  const two = founder(identity(2, 'i2', { 1: 'i1', 3: 'i3' }), MEMBERS);
  const three = founder(identity(3, 'i3'), MEMBERS);
  const emptied = founder(identity(1, 'new'), MEMBERS);
  expect(dial(emptied, 1, three, 3)).toBe('accept');
  expect(dial(three, 3, emptied, 1)).toBe('accept');
  expect(dial(emptied, 1, two, 2)).toBe('AMNESIA');
  expect(emptied.missing).toEqual([2]);
});

test('a member that began anew while the cluster forms must be met anew', () => {
  const one = founder(identity(1, 'i1'), MEMBERS);
  const two = founder(identity(2, 'i2'), MEMBERS);
  expect(dial(one, 1, two, 2)).toBe('accept');
  const anew = founder(identity(2, 'new'), MEMBERS);
  expect(dial(anew, 2, one, 1)).toBe('accept');
  expect(one.missing).toEqual([2, 3]);
});

test('a formed node stays friends with its peers across restarts', () => {
  const one = founder(identity(1, 'i1', { 2: 'i2', 3: 'i3' }), MEMBERS);
  const two = founder(identity(2, 'i2', { 1: 'i1', 3: 'i3' }), MEMBERS);
  expect(dial(one, 1, two, 2)).toBe('accept');
  expect(dial(two, 2, one, 1)).toBe('accept');
});

test('a formed node that a formed peer knows under another name is told so at the address it dials', () => {
  const one = founder(identity(1, 'i1', { 2: 'i2', 3: 'i3' }), MEMBERS);
  const two = founder(identity(2, 'i2', { 1: 'other', 3: 'i3' }), MEMBERS);
  expect(dial(two, 2, one, 1)).toBe('NODE_MISMATCH');
  expect(dial(one, 1, two, 2)).toBe('AMNESIA');
});

test('another cluster, a wrong address and an unknown node are told apart', () => {
  const one = founder(identity(1, 'i1'), MEMBERS);
  const hello = founder(identity(2, 'i2'), MEMBERS).helloTo(1);
  const code = (changes: object): string | undefined => {
    const verdict = one.judgeCaller({ ...hello, ...changes });
    return verdict.kind === 'refuse' ? verdict.code : verdict.kind;
  };
  expect(code({})).toBe('accept');
  expect(code({ clusterId: 'd' })).toBe('CLUSTER_MISMATCH');
  expect(code({ to: 3 })).toBe('NODE_MISMATCH');
  expect(code({ nodeId: 4 })).toBe('NODE_MISMATCH');
  expect(code({ nodeId: 1 })).toBe('NODE_MISMATCH');
  expect(one.judgeAnswer(3, hello)).toMatchObject({ kind: 'refuse', code: 'NODE_MISMATCH' });
});

test('a node that joined is let in by those that have not heard of it, and lets them in', () => {
  const one = founder(identity(1, 'i1', { 2: 'i2', 3: 'i3' }), MEMBERS);
  const four = joiner(4, 'i4');
  expect(four.formed).toBe(true);
  expect(dial(four, 4, one, 1)).toBe('accept');
  expect(dial(one, 1, four, 4)).toBe('accept');
  // One that was not let in by the cluster is not.
  expect(dial(founder(identity(5, 'i5'), [1, 5]), 5, one, 1)).toBe('NODE_MISMATCH');
});

test('a node that joined knows the incarnations of the others', () => {
  const emptied = founder(identity(1, 'new'), MEMBERS);
  expect(dial(emptied, 1, joiner(4, 'i4'), 4)).toBe('AMNESIA');
});

test('the log says who is a member, under which incarnation, and who was one', () => {
  const who = identity(1, 'i1', { 2: 'i2', 3: 'i3' });
  const roster = rosterOf(who, MEMBERS);
  const one = new Formation(who, roster, () => 1);
  const three = founder(identity(3, 'i3', { 1: 'i1', 2: 'i2' }), MEMBERS);
  const before = configuration([1, 2, 3], 4);
  roster.follow(configuration([1, 2, 4], 5), before);
  expect(roster.peers.map(({ id }) => id)).toEqual([2, 4, 3]);
  expect(dial(three, 3, one, 1)).toBe('accept');
  expect(dial(joiner(4, 'i4'), 4, one, 1)).toBe('accept');
  expect(dial(joiner(4, 'anew'), 4, one, 1)).toBe('AMNESIA');
  // It was removed once that is committed; before, the log may still come to say otherwise.
  roster.follow(configuration([1, 2, 4], 5), configuration([1, 2, 4], 5));
  expect(roster.peers.map(({ id }) => id)).toEqual([2, 4]);
  expect(dial(three, 3, one, 1)).toBe('MEMBER_REMOVED');
  expect(dial(founder(identity(3, 'new'), MEMBERS), 3, one, 1)).toBe('MEMBER_REMOVED');
});

test('addresses: those of the operator, then those that callers give, then those of the log', () => {
  const who = identity(1, 'i1', { 2: 'i2', 3: 'i3' });
  const roster = rosterOf(who, [1, 2]);
  roster.follow(configuration([1, 2, 4], 5), configuration([1, 2, 4], 5));
  const addressOf = (id: number): string | undefined => roster.peers.find((peer) => peer.id === id)?.address;
  roster.heard(2, 'elsewhere:2');
  expect([addressOf(2), addressOf(4)]).toEqual(['h:2', 'h:4']);
  roster.heard(4, 'elsewhere:4');
  expect(addressOf(4)).toBe('elsewhere:4');
  expect(roster.members).toEqual([
    { id: 1, address: 'h:1' },
    { id: 2, address: 'h:2' },
    { id: 4, address: 'elsewhere:4' },
  ]);
  // A caller that is not heard of is dialled back while it is there.
  roster.heard(5, 'h:5');
  expect(addressOf(5)).toBe('h:5');
  roster.gone(5);
  roster.gone(4);
  expect([addressOf(5), addressOf(4)]).toEqual([undefined, 'elsewhere:4']);
});

test('a node that does not understand the version of the cluster gets nothing, and is told why', () => {
  const who = identity(1, 'i1', { 2: 'i2', 3: 'i3' });
  let clusterVersion = 1;
  const one = new Formation(who, rosterOf(who, MEMBERS), () => clusterVersion);
  const hello = founder(identity(2, 'i2', { 1: 'i1', 3: 'i3' }), MEMBERS).helloTo(1);
  const older = { ...hello, protocolMin: 1, protocol: 1 };
  expect(one.judgeCaller(older)).toEqual({ kind: 'accept' });
  expect(one.protocols.get(2)).toBe(1);
  clusterVersion = 2;
  const refusal = { kind: 'refuse', code: 'VERSION_UNSUPPORTED' };
  expect(one.judgeCaller(older)).toMatchObject(refusal);
  expect(one.judgeAnswer(2, older)).toMatchObject({
    message: 'node 2 understands versions 1 to 1, node 1 1 to 2, and the cluster works by 2',
  });
  expect(one.judgeCaller(hello)).toEqual({ kind: 'accept' });
  // One so much later that it has forgotten what this one speaks.
  expect(one.judgeCaller({ ...hello, protocolMin: 3, protocol: 4 })).toMatchObject(refusal);
});
