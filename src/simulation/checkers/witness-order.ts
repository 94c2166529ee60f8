/**
 * Linearizability of a history whose replies tell their place: every answer bears the index of the
 * entry that it reflects. The order of the indexes is then the only order to try, and the check
 * costs no more than sorting: no operation may stand before one that had returned when it was
 * called. That each answer is right at its place is for the model of the data to say.
 */
import { claim } from '../violation.ts';

export interface Witnessed {
  readonly client: number | string;
  readonly callUs: number;
  readonly returnUs: number;
  readonly index: number;
  /** Writes have a place of their own; a read stands behind the write of its index. */
  readonly kind: 'read' | 'write';
}

const NAME = 'linearizability';

/** @throws Violation if the order of the indexes contradicts real time, or two writes share a place */
export function checkWitnessOrder(operations: readonly Witnessed[]): void {
  const writes = new Map<number, Witnessed>();
  for (const each of operations) {
    if (each.kind === 'read') continue;
    const other = writes.get(each.index);
    claim(
      other === undefined,
      NAME,
      () => `${tell(each)} has the place of ${other === undefined ? '' : tell(other)}`,
    );
    writes.set(each.index, each);
  }
  const byCall = [...operations].sort((a, b) => a.callUs - b.callUs);
  const byReturn = [...operations].sort((a, b) => a.returnUs - b.returnUs);
  let returned = 0;
  let latest: Witnessed | undefined;
  for (const each of byCall) {
    for (
      let next = byReturn[returned];
      next !== undefined && next.returnUs < each.callUs;
      next = byReturn[++returned]
    ) {
      if (latest === undefined || next.index > latest.index) latest = next;
    }
    if (latest === undefined) continue;
    const before = latest;
    const follows = each.kind === 'write' ? each.index > before.index : each.index >= before.index;
    claim(
      follows,
      NAME,
      () => `${tell(each)} was called after ${tell(before)} had returned, but stands before it`,
    );
  }
}

function tell({ client, kind, index, callUs, returnUs }: Witnessed): string {
  return `the ${kind} at index ${index} of client ${client} (${callUs} to ${returnUs} µs)`;
}
