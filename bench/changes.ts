/**
 * For how long do writes pause while a cluster changes under its clients? Every node is restarted in
 * turn, the leader each time, and then replaced by a fresh one. What counts is the longest time between
 * two acknowledged writes of any client, beside the same in a quiet cluster, and the calls that failed.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { scriptFlags } from '../cluster/script-flags.ts';
import { joinNode } from '../cluster/join-node.ts';
import { LocalCluster } from '../cluster/local-cluster.ts';
import { waitUntil } from '../cluster/wait-until.ts';
import { median } from './measure/statistics.ts';
import { SteadyLoad } from './measure/steady-load.ts';

const TIMEOUT_MS = 120_000;
const QUIET_MS = 5_000;

const flags = scriptFlags('bench:changes', {
  nodes: { type: 'string', default: '5' },
  restarts: { type: 'string', default: '20' },
  clients: { type: 'string', default: '8' },
  /** Of each client between two writes. */
  'pause-ms': { type: 'string', default: '2' },
  json: { type: 'boolean', default: false },
});

interface Pauses {
  readonly what: string;
  readonly count: number;
  readonly p50Ms: number;
  readonly maxMs: number;
}

await measure();

async function measure(): Promise<void> {
  const path = mkdtempSync(join(tmpdir(), 'kvorum-changes-'));
  const local = await LocalCluster.create({ path, size: Number(flags.nodes), firstPort: 7701 });
  try {
    await local.start();
    await local.waitUntilLed(TIMEOUT_MS);
    const pauseMs = Number(flags['pause-ms']);
    const load = new SteadyLoad(local.endpoints, { clients: Number(flags.clients), pauseMs });
    const quiet = pauses('quiet', await repeat(5, () => gapIn(load, () => sleep(QUIET_MS / 5))));
    const restarts = await repeat(Number(flags.restarts), () => gapIn(load, () => restartLeader(local)));
    const startedMs = performance.now();
    const replaced = await repeat(local.nodes.length, () => gapIn(load, () => replaceLeader(local)));
    const replacedMs = Math.round(performance.now() - startedMs);
    const { written, failures } = await load.stop();
    const rows = [
      quiet,
      pauses('restart of the leader', restarts),
      pauses('replacement of the leader', replaced),
    ];
    report(rows, { written, failed: failures.length, replacedMs });
  } finally {
    await local.stop();
    rmSync(path, { recursive: true, force: true });
  }
}

/** The longest time without an acknowledged write while something is done. */
async function gapIn(load: SteadyLoad, act: () => Promise<void>): Promise<number> {
  const fromMs = performance.now();
  await act();
  return load.figures(fromMs).gapsMs[0] ?? 0;
}

async function restartLeader(local: LocalCluster): Promise<void> {
  const leader = await local.waitUntilLed(TIMEOUT_MS);
  await local.restart(leader);
  await waitUntil({ what: `node ${leader} is ready`, timeoutMs: TIMEOUT_MS }, () =>
    isReady(local.addressOf(leader)),
  );
}

async function replaceLeader(local: LocalCluster): Promise<void> {
  const leader = await local.waitUntilLed(TIMEOUT_MS);
  await joinNode(local, { wantsVote: true, replaces: leader, timeoutMs: TIMEOUT_MS });
  await waitUntil({ what: `node ${leader} has stopped`, timeoutMs: TIMEOUT_MS }, () =>
    local.processState(leader) === 'stopped' ? true : undefined,
  );
  local.forget(leader);
}

async function isReady(address: string): Promise<true | undefined> {
  try {
    return (await fetch(`http://${address}/ready`)).ok || undefined;
  } catch {
    return undefined; // not there yet
  }
}

async function repeat(times: number, act: () => Promise<number>): Promise<readonly number[]> {
  const results: number[] = [];
  for (let turn = 0; turn < times; turn++) results.push(await act());
  return results;
}

function pauses(what: string, gapsMs: readonly number[]): Pauses {
  return { what, count: gapsMs.length, p50Ms: median(gapsMs), maxMs: Math.max(...gapsMs) };
}

function report(
  rows: readonly Pauses[],
  totals: { readonly written: number; readonly failed: number; readonly replacedMs: number },
): void {
  if (flags.json) return void process.stdout.write(`${JSON.stringify({ rows, ...totals })}\n`);
  for (const { what, count, p50Ms, maxMs } of rows) {
    process.stdout.write(
      `${what.padEnd(26)} ${count} times: longest pause p50 ${p50Ms} ms, max ${maxMs} ms\n`,
    );
  }
  const { written, failed, replacedMs } = totals;
  process.stdout.write(`${written} writes, ${failed} failed; all nodes replaced in ${replacedMs} ms\n`);
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
