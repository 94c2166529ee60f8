/** When a run is over: what every node holds, and what the checks make of it. */
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { NodeId } from '../../src/base/flavor.ts';
import { connect } from '../../src/client/client.ts';
import type { LocalCluster } from '../../cluster/local-cluster.ts';
import { waitUntil } from '../../cluster/wait-until.ts';
import { CANARIES } from './canaries.ts';
import { CHECKS } from './checks/all-checks.ts';
import type { Evidence, FinalState } from './checks/evidence.ts';
import { userOf } from './checks/shop.ts';
import { compareNodes } from './compare-nodes.ts';
import type { Operation } from './history.ts';
import { readNode } from './node-reader.ts';
import { DEREGISTER_AFTER_MS, TTL_MS } from './workloads/registry.ts';
import type { Watchers } from './workloads/watchers.ts';

const CONVERGE_TIMEOUT_MS = 60_000;
const SHOWN_MAX = 5;

export interface Aftermath {
  readonly states: ReadonlyMap<NodeId, FinalState>;
  /** Watches that did not see the last event. */
  readonly problems: readonly string[];
}

/** Reads all that every node holds, once nothing is written any more, and all have applied all. */
export async function readAll(
  cluster: LocalCluster,
  operations: readonly Operation[],
  watchers: Watchers,
): Promise<Aftermath> {
  // Until the last instance has expired, by the slowest clock.
  if (operations.some(({ workload }) => workload === 'registry'))
    await sleep(1.7 * (TTL_MS + DEREGISTER_AFTER_MS));
  const client = connect(cluster.endpoints, { timeoutMs: CONVERGE_TIMEOUT_MS });
  const { revision } = await client.kv.put('the end', '');
  await client.close();
  const problems = await watchers.finish(revision);
  const leader = await cluster.waitUntilLed(CONVERGE_TIMEOUT_MS);
  await waitUntil({ what: 'every node to have applied all', timeoutMs: CONVERGE_TIMEOUT_MS }, async () => {
    const reports = await cluster.report();
    const commitIndex = reports.find(({ id }) => id === leader)?.status?.commitIndex;
    return (
      reports.every(({ status }) => status !== undefined && status.appliedIndex === commitIndex) || undefined
    );
  });
  const userIds = [...new Set(operations.filter(({ op }) => op === 'create-order').map(userOf))];
  const states = new Map<NodeId, FinalState>();
  for (const id of cluster.ids) states.set(id, await readNode(id, cluster.listenOf(id), userIds));
  return { states, problems };
}

/** Every check, and for each one a lie that it must find. Returns what is wrong, in words. */
export function checkAll(
  operations: readonly Operation[],
  { states, problems }: Aftermath,
  watchers: Watchers,
  say: (line: string) => void,
): readonly string[] {
  const [final] = states.values();
  if (final === undefined) return ['no node could be read'];
  const evidence: Evidence = { operations, final, watches: watchers.seen };
  const found = [...problems, ...compareNodes(states)];
  for (const [name, check] of Object.entries(CHECKS)) {
    const wrong = check(evidence);
    say(`${wrong.length === 0 ? 'ok  ' : 'FAIL'} ${name}`);
    found.push(...wrong.slice(0, SHOWN_MAX));
    if (wrong.length > SHOWN_MAX) found.push(`… and ${wrong.length - SHOWN_MAX} more`);
  }
  for (const { tells, check, lie } of CANARIES) {
    const lied = lie(evidence);
    if (lied !== undefined && CHECKS[check]?.(lied).length === 0)
      found.push(`a check cannot fail: '${check}' did not find ${tells}`);
  }
  return found;
}

/** What ended a node by itself; if it was killed at that moment, its log alone tells. Also of those that left. */
export function readFailures({ directory }: LocalCluster): readonly string[] {
  const folders = readdirSync(directory.path).filter((name) => /^n\d+$/.test(name));
  return folders.flatMap((name) => {
    const lines = readFileSync(directory.logPath(Number(name.slice(1))), 'utf8').split('\n');
    const line = lines.find((each) => /InvariantError|Unhandled|FATAL|TypeError|RangeError/.test(each));
    return line === undefined ? [] : [`${name} failed by itself: ${line}`];
  });
}
