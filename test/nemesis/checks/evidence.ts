import type { Order, Product } from '../../../src/machine/shop/shop-types.ts';
import type { Operation } from '../history.ts';
import type { SeenRun } from '../workloads/watchers.ts';

/** A key as it stands at the end. */
export interface FinalKey {
  readonly text: string;
  readonly version: number;
  readonly modRevision: number;
}

/** All that one node holds when everything is over. */
export interface FinalState {
  readonly keys: ReadonlyMap<string, FinalKey>;
  readonly products: readonly Product[];
  /** Of all users of the shop. */
  readonly orders: readonly Order[];
  /** `id status` of each instance that is still registered. */
  readonly instances: readonly string[];
}

/** What a run left behind, for the checks. */
export interface Evidence {
  readonly operations: readonly Operation[];
  readonly final: FinalState;
  /** What each watch of all keys saw. */
  readonly watches: readonly (readonly SeenRun[])[];
}

/** Gives what is wrong, in words, and nothing if all is well. */
export type Check = (evidence: Evidence) => readonly string[];

export function operationsOf({ operations }: Evidence, workload: string): readonly Operation[] {
  return operations.filter((each) => each.workload === workload);
}

export function byKey(operations: readonly Operation[]): ReadonlyMap<string, readonly Operation[]> {
  const keys = new Map<string, Operation[]>();
  for (const operation of operations) {
    const known = keys.get(operation.key);
    if (known === undefined) keys.set(operation.key, [operation]);
    else known.push(operation);
  }
  return keys;
}

/** As it stands in the history, so that it can be found there. */
export function tell({ client, op, key, value, callNs }: Operation): string {
  const what = value === undefined ? '' : ` ${JSON.stringify(value)}`;
  return `${op} ${key}${what} of ${client} (callNs ${callNs})`;
}

/** Pairs of which the second was called after the first had returned, each with the latest such first by `rank`. */
export function* afterReturn(
  operations: readonly Operation[],
  rank: (operation: Operation) => number,
): Generator<readonly [earlier: Operation, later: Operation]> {
  const byCall = operations.toSorted((a, b) => a.callNs - b.callNs);
  const byReturn = operations.toSorted((a, b) => a.returnNs - b.returnNs);
  let returned = 0;
  let highest: Operation | undefined;
  for (const later of byCall) {
    for (
      let next = byReturn[returned];
      next !== undefined && next.returnNs < later.callNs;
      next = byReturn[++returned]
    ) {
      if (highest === undefined || rank(next) > rank(highest)) highest = next;
    }
    if (highest !== undefined) yield [highest, later];
  }
}
