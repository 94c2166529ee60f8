/**
 * Lies about a run, one for each check: what was really recorded with one thing changed. A check
 * that does not find its lie proves nothing, and fails the run.
 */
import type { Evidence, FinalState } from './checks/evidence.ts';
import { READS } from './history.ts';
import type { Operation } from './history.ts';

export interface Canary {
  readonly tells: string;
  /** By its name among the checks. */
  readonly check: string;
  /** Undefined if the run has nothing that could be lied about. */
  readonly lie: (evidence: Evidence) => Evidence | undefined;
}

type Wanted = (operation: Operation) => boolean;

function changed(
  evidence: Evidence,
  wanted: Wanted,
  change: (operation: Operation) => Partial<Operation>,
): Evidence | undefined {
  const { operations } = evidence;
  const middle = Math.floor(operations.length / 2);
  const behind = operations.findIndex((each, at) => at >= middle && wanted(each));
  const at = behind < 0 ? operations.findIndex(wanted) : behind;
  const operation = operations[at];
  if (operation === undefined) return undefined;
  return { ...evidence, operations: operations.with(at, { ...operation, ...change(operation) }) };
}

function finalWith(evidence: Evidence, change: Partial<FinalState>): Evidence {
  return { ...evidence, final: { ...evidence.final, ...change } };
}

function withoutKey(evidence: Evidence, prefix: string): Evidence | undefined {
  const acknowledged = evidence.operations.find(
    ({ op, key, outcome }) =>
      key.startsWith(prefix) && !READS.has(op) && outcome === 'ok' && evidence.final.keys.has(key),
  );
  if (acknowledged === undefined) return undefined;
  const keys = new Map(evidence.final.keys);
  keys.delete(acknowledged.key);
  return finalWith(evidence, { keys });
}

const ok =
  (workload: string, ...ops: readonly string[]): Wanted =>
  (operation) =>
    operation.workload === workload &&
    operation.outcome === 'ok' &&
    (ops.length === 0 || ops.includes(operation.op));

export const CANARIES: readonly Canary[] = [
  {
    tells: 'a read of a value that nobody wrote',
    check: 'registers are linearizable, key by key',
    lie: (evidence) => changed(evidence, ok('register', 'get'), () => ({ output: 'never written' })),
  },
  {
    tells: 'a write that stands before one that had returned',
    check: 'all answers agree with one order of the log and with real time',
    lie: (evidence) =>
      changed(evidence, ok('counter'), ({ index = 0 }) => ({ index: Math.floor(index / 2) + 0.5 })),
  },
  {
    tells: 'a write that was acknowledged and never happened',
    check: 'every answer is what the order of all changes says',
    lie: (evidence) => changed(evidence, ok('counter'), () => ({ value: 'never written' })),
  },
  {
    tells: 'a stale read of long ago',
    check: 'stale reads are no staler than they may be',
    lie: (evidence) =>
      changed(
        evidence,
        (operation) =>
          ok('register', 'stale')(operation) && operation.maxStaleMs === 0 && (operation.index ?? 0) > 100,
        () => ({ index: 1 }),
      ),
  },
  {
    tells: 'a list without an acknowledged element',
    check: 'lists hold every acknowledged element once, in order',
    lie: (evidence) => withoutKey(evidence, 'append/'),
  },
  {
    tells: 'a set without an acknowledged element',
    check: 'sets hold everything that was acknowledged',
    lie: (evidence) => withoutKey(evidence, 'set/'),
  },
  {
    tells: 'a counter that one call moved twice',
    check: 'counters moved once for each call',
    lie: (evidence) => {
      const counters = [...evidence.final.keys].filter(([key]) => key.startsWith('counter/'));
      if (counters.length === 0) return undefined;
      const calls = evidence.operations.filter(({ workload }) => workload === 'counter').length;
      const keys = new Map(evidence.final.keys);
      for (const [key, state] of counters) keys.set(key, { ...state, version: state.version + calls });
      return finalWith(evidence, { keys });
    },
  },
  {
    tells: 'a watch that missed an event',
    check: 'watches saw every event once, in order',
    lie: (evidence) => {
      const [[run, ...runs] = [], ...others] = evidence.watches;
      if (run === undefined || run.events.length < 3) return undefined;
      const events = run.events.toSpliced(Math.floor(run.events.length / 2), 1);
      return { ...evidence, watches: [[{ ...run, events }, ...runs], ...others] };
    },
  },
  {
    tells: 'an instance that was gone at once',
    check: 'instances lived as long as they were told',
    lie: (evidence) => {
      const registry = evidence.operations.filter(({ workload }) => workload === 'registry');
      const isTold = (operation: Operation): boolean => followsBeat(registry, operation);
      return changed(
        evidence,
        (each) => ok('registry', 'lookup')(each) && isTold(each),
        () => ({ output: [] }),
      );
    },
  },
  {
    tells: 'an order that is gone',
    check: 'the shop lost no piece and no order',
    lie: (evidence) => {
      const { orders } = evidence.final;
      return orders.length === 0 ? undefined : finalWith(evidence, { orders: orders.slice(1) });
    },
  },
];

/** Whether the same client's acknowledged heartbeat was its call before. */
function followsBeat(registry: readonly Operation[], lookup: Operation): boolean {
  const before = registry.findLast(
    ({ client, returnNs }) => client === lookup.client && returnNs < lookup.callNs,
  );
  if (before?.op !== 'heartbeat' || before.output !== true) return false;
  if (lookup.returnNs - before.callNs > 1e9) return false;
  return !registry.some(({ op, key }) => op === 'deregister' && key === before.key);
}
