import fc from 'fast-check';
import { expect, test } from 'vitest';
import { eventsFrom } from '../../src/machine/history.ts';
import { createKv } from '../../src/machine/kv/kv.ts';
import { RecordTree } from '../../src/machine/record-tree.ts';
import { readRootState } from '../../src/machine/root-state.ts';
import { all, Store } from './store.ts';

const LOOKS: readonly ((store: Store) => unknown)[] = [
  ({ tree }) => tree.bytes,
  ({ tree }) => tree.size,
  ({ tree }) => tree.takeChanges(),
  ({ tree }) => tree.view().close(),
  ({ tree }) => all(tree),
  ({ tree }) => eventsFrom(tree, readRootState(tree).compactedRevision + 1, 100),
  (store) => store.ask('sessions', { kind: 'list' }),
  (store) => store.restart(),
];

const steps = fc.array(
  fc.record({
    client: fc.nat(2),
    key: fc.constantFrom('a', 'b'),
    bytes: fc.oneof(fc.nat(300), fc.constant(5000)),
    ahead: fc.nat(3),
    unacked: fc.nat(40),
    ms: fc.nat(900),
    look: fc.option(fc.nat(LOOKS.length - 1), { nil: undefined, freq: 3 }),
  }),
  { maxLength: 60 },
);

test('what is put off makes the same records, whoever looks at them and when', () => {
  fc.assert(
    fc.property(steps, (list) => {
      const [looked, unlooked] = [new Store([createKv()]), new Store([createKv()])];
      const ids = [0, 1, 2].map(() => [looked, unlooked].map((store) => store.open(3000))[0] ?? 0);
      const sequences = [0, 0, 0];
      for (const { client, key, bytes, ahead, unacked, ms, look } of list) {
        const sequence = (sequences[client] ?? 0) + 1 + ahead;
        sequences[client] = sequence;
        const ackedBelow = Math.max(1, sequence - unacked);
        const body = { kind: 'put', key, value: new Uint8Array(bytes) };
        const outcomes = [looked, unlooked].map((store) => {
          store.timeMs += ms;
          return store.applyRaw('kv', body, { id: ids[client] ?? 0, sequence, ackedBelow });
        });
        expect(outcomes[0]).toEqual(outcomes[1]);
        if (look !== undefined) LOOKS[look]?.(looked);
      }
      expect(all(looked.tree)).toEqual(all(unlooked.tree));
      expect(looked.tree.bytes).toBe(unlooked.tree.bytes);
    }),
  );
});

test('a space has one draft, which is over once anyone looks, and never begins where it could be undone', () => {
  const tree = new RecordTree();
  const records = tree.space('root');
  const draft = { settle: () => records.put('state', 1) };
  records.postpone(draft);
  expect(() => records.postpone(draft)).toThrow('one draft');
  expect(records.settled.get('state')).toBeUndefined();
  expect(tree.settledBytes).toBe(0);
  expect(records.get('state')).toBe(1);
  expect(records.draft).toBeUndefined();
  records.postpone(draft);
  tree.savepoint();
  expect(() => records.get('state')).toThrow('undone');
});
