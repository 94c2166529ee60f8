import { expect, test } from 'vitest';
import { RecordTree } from '../../src/machine/record-tree.ts';
import { StateAudit, type StateHash } from '../../src/replica/state-audit.ts';
import { msgpackCodec } from '../../src/wire/msgpack-codec.ts';

const records = (count: number): RecordTree =>
  new RecordTree(Array.from({ length: count }, (_, at) => [`kv/${at}`, { value: at }]));

function hashOf(audit: StateAudit, tree: RecordTree, index: number): StateHash {
  audit.begin(tree.sweep(msgpackCodec), index);
  for (;;) {
    const hash = audit.step(100);
    if (hash !== undefined) return hash;
  }
}

/** How often an audit of 512 such records goes on before it is over. */
function steps(value: unknown): number {
  const audit = new StateAudit(1);
  const tree = new RecordTree(Array.from({ length: 512 }, (_, at) => [`kv/${at}`, value]));
  audit.begin(tree.sweep(msgpackCodec), 5);
  let count = 1;
  for (; audit.step(512) === undefined; count++) expect(audit.isUnderWay).toBe(true);
  expect(audit.isUnderWay).toBe(false);
  return count;
}

test('equal states have equal hashes, and one changed record makes another', () => {
  const audit = new StateAudit(1);
  const tree = records(1000);
  const before = hashOf(audit, tree, 5);
  expect(hashOf(audit, records(1000), 6).hash).toEqual(before.hash);
  tree.put('kv/500', { value: 501 });
  expect(hashOf(audit, tree, 7).hash).not.toEqual(before.hash);
  expect(hashOf(audit, records(999), 8).hash).not.toEqual(before.hash);
  expect(hashOf(audit, records(0), 9).hash).not.toEqual(before.hash);
});

test('a state that changes meanwhile is hashed as it was', () => {
  const audit = new StateAudit(1);
  const tree = records(1000);
  const before = hashOf(audit, tree, 5);
  audit.begin(tree.sweep(msgpackCodec), 6);
  expect(audit.step(64)).toBeUndefined();
  tree.put('kv/999', { value: 'other' });
  let hash: StateHash | undefined;
  while (hash === undefined) hash = audit.step(64);
  expect(hash.hash).toEqual(before.hash);
});

test('large records take more steps than small ones', () => {
  expect(steps(new Uint8Array(8))).toBe(1);
  expect(steps(new Uint8Array(8192))).toBeGreaterThan(16);
});

test('who differs from a majority is named, until a later audit clears it', () => {
  const audit = new StateAudit(1);
  const [same, other] = [Uint8Array.of(1), Uint8Array.of(2)];
  audit.heard(1, { index: 10, hash: same });
  audit.heard(3, { index: 10, hash: other });
  expect(audit.divergences([1, 2, 3])).toEqual([]);
  audit.heard(2, { index: 10, hash: same });
  expect(audit.divergences([1, 2, 3])).toEqual([{ node: 3, index: 10 }]);
  audit.heard(1, { index: 20, hash: other });
  audit.heard(2, { index: 20, hash: same });
  audit.heard(3, { index: 20, hash: same });
  expect(audit.divergences([1, 2, 3])).toEqual([{ node: 1, index: 20 }]);
});
