import { expect, test } from 'vitest';
import { checkReplicasEqual } from '../../../src/simulation/properties/replicas-equal.ts';

const records = [
  ['a', 1],
  ['b', { deep: [Uint8Array.of(1)] }],
] as const;

test('nodes that are equally far are alike; others may differ', () => {
  checkReplicasEqual([
    { id: 1, appliedIndex: 5, records },
    { id: 2, appliedIndex: 5, records: structuredClone(records) },
    { id: 3, appliedIndex: 4, records: [] },
  ]);
});

test('a record that is missing, more or different at one of them is found', () => {
  const others = [
    [records[0]],
    [...records, ['c', 1] as const],
    [records[0], ['b', { deep: [Uint8Array.of(2)] }] as const],
  ];
  for (const other of others) {
    expect(() =>
      checkReplicasEqual([
        { id: 1, appliedIndex: 5, records },
        { id: 2, appliedIndex: 5, records: other },
      ]),
    ).toThrow('nodes 1 and 2 differ at applied index 5');
  }
});
