/**
 * What does each kind of read cost? One Node process asks three nodes for small values: at the leader by a
 * round of heartbeats or by its lease, at the nearest other node through the leader, and stale within a
 * bound or without one. In turns, so that a machine that slows down slows all.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { scriptFlags } from '../cluster/script-flags.ts';
import { LocalCluster } from '../cluster/local-cluster.ts';
import { type Client, connect } from '../src/client/client.ts';
import type { ReadOptions } from '../src/client/options.ts';
import { type LoadResult, runLoad } from './measure/closed-load.ts';
import { median } from './measure/statistics.ts';

const KEYS = 10_000;
const VALUE_BYTES = 256;
const IN_FLIGHT = [1, 64, 256];

const KINDS: Readonly<Record<string, ReadOptions>> = {
  'linearizable, leader': { consistency: 'linearizable' },
  'lease, leader': { consistency: 'lease' },
  'linearizable, follower': { consistency: 'linearizable', from: 'any' },
  'lease, follower': { consistency: 'lease', from: 'any' },
  'at most 100 ms old, follower': { consistency: 'stale', maxStaleMs: 100, from: 'any' },
  'stale, follower': { consistency: 'stale', from: 'any' },
};

const flags = scriptFlags('bench:reads', {
  rounds: { type: 'string', default: '3' },
  seconds: { type: 'string', default: '2' },
});

const directory = await mkdtemp(join(tmpdir(), 'kvorum-bench-'));
const cluster = await LocalCluster.create({ path: directory, size: 3, firstPort: 7671 });
try {
  await cluster.start();
  await using client = connect(cluster.endpoints, { inFlightMax: 4096 });
  await client.ready({ timeoutMs: 30_000 });
  await fill(client);
  console.log(table(await measureAll(client)));
} finally {
  await cluster.stop();
  await rm(directory, { recursive: true, force: true });
}

async function fill(client: Client): Promise<void> {
  const value = new Uint8Array(VALUE_BYTES).fill(0x61);
  for (let from = 0; from < KEYS; from += 500)
    await Promise.all(Array.from({ length: 500 }, (_, at) => client.kv.put(keyOf(from + at), value)));
}

async function measureAll(client: Client): Promise<ReadonlyMap<string, readonly LoadResult[]>> {
  const durationMs = Number(flags.seconds) * 1000;
  const results = new Map<string, LoadResult[]>();
  for (let round = 1; round <= Number(flags.rounds); round++) {
    for (const inFlight of IN_FLIGHT) {
      for (const [kind, options] of Object.entries(KINDS)) {
        const get = async (sequence: number): Promise<void> =>
          void (await client.kv.get(keyOf(sequence * 7919), options));
        const result = await runLoad(get, { inFlight, warmUpMs: durationMs / 3, durationMs });
        const name = `${kind.padEnd(30)}${String(inFlight).padStart(6)}`;
        results.set(name, [...(results.get(name) ?? []), result]);
      }
    }
  }
  return results;
}

function keyOf(sequence: number): string {
  return `bench/${String(sequence % KEYS).padStart(5, '0')}`;
}

function table(results: ReadonlyMap<string, readonly LoadResult[]>): string {
  const head = `${'READ'.padEnd(30)}FLIGHT    PER SECOND    P50 MS    P99 MS`;
  const rows = Array.from(results, ([name, all]) => {
    const perSecond = Math.round(median(all.map((each) => each.perSecond))).toLocaleString('en');
    const p50 = median(all.map(({ p50Ms }) => p50Ms)).toFixed(2);
    const p99 = median(all.map(({ p99Ms }) => p99Ms)).toFixed(2);
    return `${name}${perSecond.padStart(14)}${p50.padStart(10)}${p99.padStart(10)}`;
  });
  return [head, ...rows].join('\n');
}
