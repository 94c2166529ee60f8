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
  const groups = new Map<Index, ReplicaState[]>();
  for (const state of states) {
    const group = groups.get(state.appliedIndex);
    if (group === undefined) groups.set(state.appliedIndex, [state]);
    else group.push(state);
  }
  for (const group of groups.values()) compare(group);
}

/** Walks all of them in step with the first. */
function compare([first, ...others]: readonly ReplicaState[]): void {
  if (first === undefined || others.length === 0) return;
  const walks = others.map((state) => ({ id: state.id, walk: state.records[Symbol.iterator]() }));
  for (const record of first.records) {
    for (const { id, walk } of walks) {
      const { value } = walk.next() as { readonly value: RecordEntry<unknown> | undefined };
      claim(deepEqual(record, value), NAME, () => differ(first, id, record, value));
    }
  }
  for (const { id, walk } of walks) {
    const { value } = walk.next() as { readonly value: RecordEntry<unknown> | undefined };
    claim(value === undefined, NAME, () => differ(first, id, undefined, value));
  }
}

function differ({ id, appliedIndex }: ReplicaState, other: NodeId, a: unknown, b: unknown): string {
  return `nodes ${id} and ${other} differ at applied index ${appliedIndex}: ${JSON.stringify(a)} and ${JSON.stringify(b)}`;
}
