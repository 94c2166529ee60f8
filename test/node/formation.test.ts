import { expect, test } from 'vitest';
import { Formation } from '../../src/node/formation.ts';
import type { Identity } from '../../src/storage/identity.ts';

const MEMBERS = [1, 2, 3];

function identity(nodeId: number, incarnation: string, peers?: Readonly<Record<number, string>>): Identity {
  const known = Object.entries(peers ?? {}).map(([id, name]): [number, string] => [Number(id), name]);
  return { clusterId: 'c', nodeId, incarnation, peers: peers === undefined ? undefined : new Map(known) };
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
  const [one, two, three] = [1, 2, 3].map((id) => new Formation(identity(id, `i${id}`), MEMBERS));
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
  const alone = new Formation(identity(1, 'i1'), [1]);
  expect(alone.missing).toEqual([]);
  expect(alone.complete().peers).toEqual(new Map());
});

test('a node whose directory was emptied is refused by every formed node, and told so', () => {
  const formed = new Formation(identity(2, 'i2', { 1: 'i1', 3: 'i3' }), MEMBERS);
  const emptied = new Formation(identity(1, 'new'), MEMBERS);
  expect(dial(emptied, 1, formed, 2)).toBe('AMNESIA');
  expect(emptied.missing).toEqual([2, 3]);
});

test('a node whose directory was emptied learns of it from the hello of a formed node', () => {
  const formed = new Formation(identity(2, 'i2', { 1: 'i1', 3: 'i3' }), MEMBERS);
  const emptied = new Formation(identity(1, 'new'), MEMBERS);
  expect(emptied.judgeAnswer(2, formed.helloTo(1)).kind).toBe('amnesia');
  expect(dial(formed, 2, emptied, 1)).toBe('answer AMNESIA');
});

test('a node that took part in a decision cannot form again, however its peers come and go', () => {
  // 1 and 2 are formed and decided something without 3, which has forgotten whom it met.
  const two = new Formation(identity(2, 'i2', { 1: 'i1', 3: 'i3' }), MEMBERS);
  const three = new Formation(identity(3, 'i3'), MEMBERS);
  const emptied = new Formation(identity(1, 'new'), MEMBERS);
  expect(dial(emptied, 1, three, 3)).toBe('accept');
  expect(dial(three, 3, emptied, 1)).toBe('accept');
  expect(dial(emptied, 1, two, 2)).toBe('AMNESIA');
  expect(emptied.missing).toEqual([2]);
});

test('a member that began anew while the cluster forms must be met anew', () => {
  const one = new Formation(identity(1, 'i1'), MEMBERS);
  const two = new Formation(identity(2, 'i2'), MEMBERS);
  expect(dial(one, 1, two, 2)).toBe('accept');
  const anew = new Formation(identity(2, 'new'), MEMBERS);
  expect(dial(anew, 2, one, 1)).toBe('accept');
  expect(one.missing).toEqual([2, 3]);
});

test('a formed node stays friends with its peers across restarts', () => {
  const one = new Formation(identity(1, 'i1', { 2: 'i2', 3: 'i3' }), MEMBERS);
  const two = new Formation(identity(2, 'i2', { 1: 'i1', 3: 'i3' }), MEMBERS);
  expect(dial(one, 1, two, 2)).toBe('accept');
  expect(dial(two, 2, one, 1)).toBe('accept');
});

test('a formed node that a formed peer knows under another name is told so at the address it dials', () => {
  const one = new Formation(identity(1, 'i1', { 2: 'i2', 3: 'i3' }), MEMBERS);
  const two = new Formation(identity(2, 'i2', { 1: 'other', 3: 'i3' }), MEMBERS);
  expect(dial(two, 2, one, 1)).toBe('NODE_MISMATCH');
  expect(dial(one, 1, two, 2)).toBe('AMNESIA');
});

test('another cluster, a wrong address and an unknown node are told apart', () => {
  const one = new Formation(identity(1, 'i1'), MEMBERS);
  const hello = new Formation(identity(2, 'i2'), MEMBERS).helloTo(1);
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
