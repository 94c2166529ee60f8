import type { NodeId } from '../../src/base/flavor.ts';
import { deepEqual } from '../../src/simulation/deep-equal.ts';
import type { FinalState } from './checks/evidence.ts';

/** Where the nodes differ at the end, in words. */
export function compareNodes(states: ReadonlyMap<NodeId, FinalState>): readonly string[] {
  const [first, ...others] = states;
  if (first === undefined) return ['no node could be read'];
  const [id, state] = first;
  return others.flatMap(([other, found]) => [
    ...differingKeys(id, state, other, found),
    ...(deepEqual(state.products, found.products)
      ? []
      : [`nodes ${id} and ${other} have different products`]),
    ...(deepEqual(state.orders, found.orders) ? [] : [`nodes ${id} and ${other} have different orders`]),
  ]);
}

function differingKeys(id: NodeId, state: FinalState, other: NodeId, found: FinalState): readonly string[] {
  const differing = [...new Set([...state.keys.keys(), ...found.keys.keys()])].filter(
    (key) => !deepEqual(state.keys.get(key), found.keys.get(key)),
  );
  return differing.map((key) => {
    const [mine, theirs] = [state.keys.get(key), found.keys.get(key)];
    return `${key} stands at revision ${mine?.modRevision} at node ${id}, and ${theirs?.modRevision} at node ${other}`;
  });
}
