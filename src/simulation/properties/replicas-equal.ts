import type { Index, NodeId } from '../../base/flavor.ts';
import type { RecordEntry } from '../../machine/records.ts';
import { deepEqual } from '../deep-equal.ts';
import { claim } from '../violation.ts';

/** A node's state, for comparison. */
export interface ReplicaState {
  readonly id: NodeId;
  readonly appliedIndex: Index;
  readonly records: Iterable<RecordEntry<unknown>>;
}

const NAME = 'replicas are equal';

/** Nodes that applied the log up to the same index hold the same records. */
export function checkReplicasEqual(states: readonly ReplicaState[]): void {
  const first = new Map<Index, { readonly id: NodeId; readonly records: readonly RecordEntry<unknown>[] }>();
  for (const { id, appliedIndex, records } of states) {
    if (!states.some((other) => other.id !== id && other.appliedIndex === appliedIndex)) continue;
    const known = first.get(appliedIndex);
    if (known === undefined) first.set(appliedIndex, { id, records: [...records] });
    else compare(known.id, known.records, id, [...records], appliedIndex);
  }
}

function compare(
  idA: NodeId,
  a: readonly RecordEntry<unknown>[],
  idB: NodeId,
  b: readonly RecordEntry<unknown>[],
  index: Index,
): void {
  for (let at = 0; at < Math.max(a.length, b.length); at++) {
    claim(
      deepEqual(a[at], b[at]),
      NAME,
      () =>
        `nodes ${idA} and ${idB} differ at applied index ${index}: ${JSON.stringify(a[at])} and ${JSON.stringify(b[at])}`,
    );
  }
}
