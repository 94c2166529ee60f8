/**
 * What does it cost the others when a node begins with an empty disk? Three nodes hold a large state;
 * one of them is lost for good, and a fresh one takes its place; the leader sends it the state, while
 * a client goes on putting at a modest fixed rate. `npm run catch-up [-- --mb 1024 --value-kib 8 --rate 200 --seconds 20 --limit NAME=N]`.
 */
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { joinNode } from '../cluster/join-node.ts';
import { LocalCluster } from '../cluster/local-cluster.ts';
import { fetchStatus } from '../cluster/node-http.ts';
import type { NodeId } from '../src/base/flavor.ts';
import { type Client, connect } from '../src/client/client.ts';
import { runLoad } from './measure/closed-load.ts';
import { type PacedResult, runPaced } from './measure/paced-load.ts';

const MIB = 1024 * 1024;
const RATIO_MAX = 3;
const POLL_MS = 250;
const SETTLE_MS = 15_000;
const CATCH_UP_MAX_MS = 900_000;

const { values: flags } = parseArgs({
  options: {
    mb: { type: 'string', default: '1024' },
    'value-kib': { type: 'string', default: '8' },
    rate: { type: 'string', default: '200' },
    seconds: { type: 'string', default: '20' },
    limit: { type: 'string', multiple: true, default: [] },
    port: { type: 'string', default: '7801' },
    json: { type: 'boolean', default: false },
  },
});
const stateMib = Number(flags.mb);
const valueBytes = Number(flags['value-kib']) * 1024;
const keys = Math.ceil((stateMib * MIB) / valueBytes);

/** What one phase did to the puts, and how much memory the nodes took at most. */
interface Phase {
  readonly puts: PacedResult;
  readonly seconds: number;
  readonly rssMib: Readonly<Record<NodeId, number>>;
}

const directory = await mkdtemp(join(tmpdir(), 'kvorum-catch-up-'));
const limits = [`stateBytesMax=${4 * stateMib * MIB}`, ...flags.limit].map((limit) => `--limit=${limit}`);
const options = { path: directory, size: 3, firstPort: Number(flags.port), nodeFlags: limits };
const cluster = await LocalCluster.create(options);
try {
  await cluster.start();
  const client = connect(cluster.endpoints, { inFlightMax: 4096 });
  await client.ready({ timeoutMs: 30_000 });
  await fill(client);
  await sleep(SETTLE_MS);
  await measure(client);
  await client.close();
} finally {
  await cluster.stop();
  await rm(directory, { recursive: true, force: true });
}

async function fill(client: Client): Promise<void> {
  const startMs = performance.now();
  let at = 0;
  const put = async (): Promise<void> => {
    for (let key = at++; key < keys; key = at++) await client.kv.put(keyOf(key), valueOf(key));
  };
  await Promise.all(Array.from({ length: 64 }, put));
  const seconds = (performance.now() - startMs) / 1000;
  note(`filled ${stateMib} MiB in ${seconds.toFixed(0)} s, ${(stateMib / seconds).toFixed(1)} MiB/s`);
}

async function measure(client: Client): Promise<void> {
  const leader = await cluster.waitUntilLed(30_000);
  const follower = cluster.ids.find((id) => id !== leader);
  if (follower === undefined) throw new TypeError('three nodes have a follower');
  const put = async (sequence: number): Promise<void> =>
    void (await client.kv.put(keyOf((sequence * 7919) % keys), new Uint8Array(1024).fill(sequence)));
  await runLoad(put, { inFlight: 4, warmUpMs: 1000, durationMs: 2000 });
  const untilMs = performance.now() + Number(flags.seconds) * 1000;
  const quiet = await phase(put, () => Promise.resolve(performance.now() >= untilMs));
  await cluster.stop([follower]);
  const fresh = await joinNode(cluster, { wantsVote: true, replaces: follower, timeoutMs: 30_000 });
  const busy = await phase(put, () => hasCaughtUp(leader, fresh));
  const installed = readFileSync(cluster.directory.logPath(fresh), 'utf8').includes('snapshot installed');
  report(quiet, busy, installed);
}

/** Puts at the fixed rate until `isDone`. */
async function phase(
  put: (sequence: number) => Promise<void>,
  isDone: () => Promise<boolean>,
): Promise<Phase> {
  const startMs = performance.now();
  const rssMib: Record<NodeId, number> = {};
  let over = false;
  const puts = runPaced(put, Number(flags.rate), () => over);
  try {
    while (!(await isDone())) {
      if (performance.now() - startMs > CATCH_UP_MAX_MS) throw new Error('it did not catch up');
      for (const id of cluster.ids) rssMib[id] = Math.max(rssMib[id] ?? 0, rssOf(id));
      await sleep(POLL_MS);
    }
  } finally {
    over = true;
  }
  const seconds = (performance.now() - startMs) / 1000;
  return { puts: await puts, seconds, rssMib };
}

async function hasCaughtUp(leader: NodeId, follower: NodeId): Promise<boolean> {
  const [ahead, behind] = await Promise.all(
    [leader, follower].map((id) => fetchStatus(cluster.addressOf(id))),
  );
  if (ahead === undefined || behind === undefined) return false;
  return behind.stateBytes > 0 && behind.appliedIndex >= ahead.commitIndex - 100;
}

/** Resident memory of a node's process now. */
function rssOf(id: NodeId): number {
  const pid = cluster.directory.readProcess(id)?.pid;
  if (pid === undefined) return 0;
  try {
    const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return Math.round(Number(kib ?? 0) / 1024);
  } catch {
    return 0;
  }
}

function report(quiet: Phase, busy: Phase, installed: boolean): void {
  const ratio = busy.puts.p99Ms / quiet.puts.p99Ms;
  const mibPerSecond = stateMib / busy.seconds;
  if (flags.json) console.log(JSON.stringify({ stateMib, quiet, busy, ratio, mibPerSecond, installed }));
  else {
    for (const [name, { puts, seconds, rssMib }] of Object.entries({ quiet, busy })) {
      const { p50Ms, p99Ms, p999Ms, maxMs } = puts;
      const times = [p50Ms, p99Ms, p999Ms, maxMs].map((ms) => ms.toFixed(1)).join(' / ');
      const memory = Object.values(rssMib).join(', ');
      console.log(
        `${name.padEnd(6)} ${seconds.toFixed(1)} s  ${puts.operations} puts, ${puts.failures} failed`,
      );
      console.log(`       p50 / p99 / p99.9 / max ms: ${times}   RSS at most, MiB: ${memory}`);
    }
    console.log(
      `caught up with ${stateMib} MiB at ${mibPerSecond.toFixed(1)} MiB/s, snapshot installed: ${installed}`,
    );
    console.log(`p99 of puts while it caught up: ${ratio.toFixed(2)} times its quiet value`);
  }
  if (ratio >= RATIO_MAX || !installed || busy.puts.failures > 0) process.exitCode = 1;
}

function keyOf(at: number): string {
  return `fill/${String(at).padStart(9, '0')}`;
}

function valueOf(at: number): Uint8Array {
  const value = new Uint8Array(valueBytes);
  // What does not compress, as photographs and tokens do not.
  let seed = at + 1;
  for (let word = 0; word < valueBytes; word++) {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    value[word] = seed >>> 16;
  }
  return value;
}

function note(text: string): void {
  console.error(text);
}
