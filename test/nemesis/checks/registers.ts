import type { HistoryOperation } from '../../../src/simulation/checkers/history.ts';
import { checkLinearizable } from '../../../src/simulation/checkers/linearizability.ts';
import { checkWitnessOrder } from '../../../src/simulation/checkers/witness-order.ts';
import type { Witnessed } from '../../../src/simulation/checkers/witness-order.ts';
import { Violation } from '../../../src/simulation/violation.ts';
import { operationsOf, tell } from './evidence.ts';
import type { Evidence } from './evidence.ts';
import { READS } from '../history.ts';
import type { Operation } from '../history.ts';

/** Some order of the calls of each key explains all answers; and each key stands at the end as the last of them left it. */
export function checkRegisters(evidence: Evidence): readonly string[] {
  const operations = operationsOf(evidence, 'register').filter(({ op }) => op !== 'stale');
  const endNs = operations.reduce((latest, { returnNs }) => Math.max(latest, returnNs), 0);
  const keys = new Set(operations.map(({ key }) => key));
  const lastReads = [...keys].map((key): HistoryOperation => {
    const output = evidence.final.keys.get(key)?.text;
    return { client: 'final', op: 'get', key, output, callNs: endNs + 1, returnNs: endNs + 2, outcome: 'ok' };
  });
  const history = [...(operations as unknown as readonly HistoryOperation[]), ...lastReads];
  const { violations, undecided } = checkLinearizable(history);
  return [
    ...violations.map(
      ({ key, operations, explained }) =>
        `${key} is not linearizable: no order of its ${operations.length} calls explains more than ${explained}`,
    ),
    ...undecided.map((key) => `${key}: the search for an order was given up`),
  ];
}

/** Across all keys: the order of the log entries that the answers name does not contradict real time. */
export function checkWitnesses({ operations }: Evidence): readonly string[] {
  const witnessed: Witnessed[] = [];
  for (const { client, op, outcome, index, output, callNs, returnNs } of operations) {
    if (outcome !== 'ok' || index === undefined || op === 'stale') continue;
    const kind = READS.has(op) || output === false ? 'read' : 'write';
    witnessed.push({ client, callUs: callNs / 1000, returnUs: returnNs / 1000, index, kind });
  }
  try {
    checkWitnessOrder(witnessed);
    return [];
  } catch (error) {
    if (!(error instanceof Violation)) throw error;
    return [error.message];
  }
}

/**
 * What was acknowledged is what happened: every answered write stands in the order of all changes at
 * its revision, once; every read saw what stood there at its revision; what failed never happened.
 */
export function checkAgainstEvents(evidence: Evidence): readonly string[] {
  const [truth] = evidence.watches.find((runs) => runs.length === 1) ?? [];
  if (truth === undefined) return []; // every watch had gaps, and says so
  const byRevision = new Map(truth.events.map((event) => [event.revision, event]));
  const keys = new Map<string, { readonly revision: number; readonly text: string | undefined }[]>();
  /** How often each value was put to each key; no two calls put the same. */
  const texts = new Map<string, number>();
  for (const { key, revision, text } of truth.events) {
    texts.set(`${key} ${text}`, (texts.get(`${key} ${text}`) ?? 0) + 1);
    const known = keys.get(key) ?? [];
    known.push({ revision, text });
    keys.set(key, known);
  }
  const at = (key: string, revision: number): string | undefined =>
    keys.get(key)?.findLast((each) => each.revision <= revision)?.text;
  const wrong: string[] = [];
  for (const operation of evidence.operations) {
    const { workload, op, key, value, output, outcome, revision } = operation;
    if (READS.has(op)) {
      if (outcome !== 'ok' || revision === undefined) continue;
      const stood = at(key, revision) ?? (op === 'list' ? '' : undefined);
      if (stood !== output)
        wrong.push(`${tell(operation)} saw ${String(output)}, where ${String(stood)} stood`);
      continue;
    }
    if (!['register', 'set', 'counter'].includes(workload) || typeof value !== 'string') continue;
    const times = workload === 'set' ? (keys.get(key)?.length ?? 0) : (texts.get(`${key} ${value}`) ?? 0);
    const effective = outcome === 'ok' && output !== false;
    if (times > 1) wrong.push(`${tell(operation)} took effect ${times} times`);
    if (effective && byRevision.get(revision ?? 0)?.key !== key)
      wrong.push(`${tell(operation)} was acknowledged at revision ${revision}, where it is not`);
    if (effective && times === 0) wrong.push(`${tell(operation)} was acknowledged, and never took effect`);
    const refused = outcome === 'fail' || (outcome === 'ok' && output === false);
    if (refused && times > 0) wrong.push(`${tell(operation)} took no effect, as it was told, and yet it did`);
  }
  return wrong;
}

/** A stale read with a bound sees all that was acknowledged so long before it was asked. */
export function checkStaleness({ operations }: Evidence): readonly string[] {
  const bounded = operations
    .filter(({ op, outcome, maxStaleMs }) => op === 'stale' && outcome === 'ok' && maxStaleMs !== undefined)
    .map((operation) => ({ operation, sinceNs: operation.callNs - (operation.maxStaleMs ?? 0) * 1e6 }))
    .toSorted((a, b) => a.sinceNs - b.sinceNs);
  const writes = operations
    .filter(
      ({ op, outcome, index, output }) =>
        outcome === 'ok' && index !== undefined && !READS.has(op) && output !== false,
    )
    .toSorted((a, b) => a.returnNs - b.returnNs);
  const wrong: string[] = [];
  let at = 0;
  let latest: Operation | undefined;
  for (const { operation, sinceNs } of bounded) {
    for (let next = writes[at]; next !== undefined && next.returnNs < sinceNs; next = writes[++at]) {
      if ((next.index ?? 0) > (latest?.index ?? 0)) latest = next;
    }
    if (latest !== undefined && (operation.index ?? 0) < (latest.index ?? 0))
      wrong.push(
        `${tell(operation)} is of index ${operation.index}, before ${tell(latest)} of index ${latest.index}`,
      );
  }
  return wrong;
}
