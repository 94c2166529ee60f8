/**
 * `npm run flame [-- --seconds 10 --inflight 256 --op put --cold --out DIR]`: where does the time of a put
 * go? Three nodes are put under load until they run at their steady rate; then the main threads of the
 * leader, of a follower and of the client are sampled. For each it writes the `.cpuprofile`, for
 * DevTools, and a flame graph as SVG, and prints the heaviest functions, files and folders.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import type { Profiler } from 'node:inspector';
import { join } from 'node:path';
import { scriptFlags } from '../cluster/script-flags.ts';
import { busyTree } from './flame/cpu-profile.ts';
import { flameGraph } from './flame/flame-graph.ts';
import { INSPECTABLE, NodeProfiler } from './flame/node-profiler.ts';
import { OwnProfiler } from './flame/own-profiler.ts';
import { weightsTable } from './flame/weights-table.ts';
import { fetchStages } from '../cluster/node-http.ts';
import { runLoad } from './measure/closed-load.ts';
import { warmUp } from './measure/warm-up.ts';
import { onInterrupt } from './on-interrupt.ts';
import { fill, keyOf, VALUE } from './questions/keys.ts';
import { KvorumTarget } from './targets/kvorum.ts';

const FIRST_PORT = 7851;
const KEYS = 10_000;

const flags = scriptFlags('flame', {
  seconds: { type: 'string', default: '10' },
  inflight: { type: 'string', default: '256' },
  op: { type: 'string', default: 'put' },
  /** Without a warm-up: what is seen is the compiler too. */
  cold: { type: 'boolean', default: false },
  out: { type: 'string', default: '.kvorum/flame' },
});
if (flags.op !== 'put' && flags.op !== 'get') {
  console.error(`--op is put or get, not ${flags.op}`);
  process.exit(2);
}
const target = await KvorumTarget.create({ firstPort: FIRST_PORT, environment: INSPECTABLE });
onInterrupt(() => target.stop());
try {
  await target.start();
  const profiles = await profile();
  await mkdir(flags.out, { recursive: true });
  for (const [name, profile] of Object.entries(profiles)) await write(name, profile);
  console.error(`profiles and flame graphs: ${flags.out}`);
} finally {
  await target.stop();
}

async function profile(): Promise<Readonly<Record<string, Profiler.Profile>>> {
  const inFlight = Number(flags.inflight);
  const operation = (sequence: number): Promise<void> =>
    flags.op === 'put' ? target.put(keyOf(sequence, KEYS), VALUE) : target.get(keyOf(sequence, KEYS));
  await fill(target, { keys: KEYS });
  if (!flags.cold) {
    const rates = await warmUp(operation, inFlight);
    console.error(`until warm, per second: ${rates.map((rate) => Math.round(rate)).join(', ')}`);
  }
  const { leader, follower } = await target.roles();
  const attach = (id: number): Promise<NodeProfiler> =>
    NodeProfiler.attach(target.pidOf(id) ?? 0, target.cluster.directory.logPath(id));
  const profilers = {
    leader: await attach(leader),
    follower: await attach(follower),
    client: new OwnProfiler(),
  };
  await Promise.all(Object.values(profilers).map((each) => each.start()));
  const { perSecond } = await runLoad(operation, { inFlight, durationMs: Number(flags.seconds) * 1000 });
  console.error(`while sampled: ${Math.round(perSecond).toLocaleString('en')} ${flags.op}s per second`);
  await printStages(leader);
  const entries = Object.entries(profilers).map(async ([name, each]) => [name, await each.stop()] as const);
  return Object.fromEntries(await Promise.all(entries));
}

/** The leader's own histograms, which are always on; the warm-up is among what they have seen. */
async function printStages(leader: number): Promise<void> {
  const stages = (await fetchStages(target.cluster.addressOf(leader))) ?? [];
  const rows = stages.map(({ stage, count, p50Us, p99Us }) =>
    [stage.padEnd(10), ...[count, p50Us, p99Us].map((each) => String(Math.round(each)).padStart(9))].join(
      ' ',
    ),
  );
  console.log(
    `stages of a put on the leader\nSTAGE          COUNT    P50 µs    P99 µs\n${rows.join('\n')}\n`,
  );
}

async function write(name: string, profile: Profiler.Profile): Promise<void> {
  const title = `${name}: ${flags.op}, ${flags.inflight} in flight`;
  await writeFile(join(flags.out, `${name}.cpuprofile`), JSON.stringify(profile));
  await writeFile(join(flags.out, `${name}.svg`), flameGraph(title, busyTree(profile)));
  console.log(`${weightsTable(title, profile)}\n`);
}
