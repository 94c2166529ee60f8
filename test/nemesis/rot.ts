/**
 * `npm run rot -- [--flips 300] [--seed S] [--nodes 3] [--rate CALLS-PER-SECOND] [--out DIR]`: damages a
 * random place anywhere in the data directory of a node that is down, and starts it again, over and
 * over, under load. Each time the node must repair itself, or stop with an error that names the file;
 * at the end nothing that was acknowledged is lost, and no answer was wrong.
 */
import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { scriptFlags } from '../../cluster/script-flags.ts';
import type { NodeId } from '../../src/base/flavor.ts';
import { type Damage, damageFile, repairFile } from '../../cluster/faults/damage-file.ts';
import type { LocalCluster } from '../../cluster/local-cluster.ts';
import { waitUntil } from '../../cluster/wait-until.ts';
import { exitOnSignals } from './arena.ts';
import { runTrial, type Trial } from './trial.ts';

const RECOVERY_TIMEOUT_MS = 60_000;
const BETWEEN_MS_MAX = 300;
/** A node may end once because LevelDB ended it; then it knows. */
const STARTS_MAX = 2;
/** Also what a node logs about its own disk. */
const EVENTS: ReadonlyMap<string, Outcome> = new Map([
  ['log damaged', 'log repaired'],
  ['state set aside', 'state rebuilt'],
]);

/** There are many more files in the state: the log gets its share. */
const IN_LOG = /\/log\/log-/;
const ANYWHERE = /./;

type Outcome = 'harmless' | 'log repaired' | 'state rebuilt' | 'crashed once' | 'stopped, named the file';

const flags = scriptFlags('rot', {
  flips: { type: 'string', default: '300' },
  seed: { type: 'string', default: String(randomInt(2 ** 31)) },
  nodes: { type: 'string', default: '3' },
  rate: { type: 'string', default: '100' },
  out: { type: 'string' },
});

exitOnSignals();
process.exitCode = await runTrial(
  {
    name: 'rot',
    again: `npm run rot -- --flips ${flags.flips} --seed ${flags.seed} --nodes ${flags.nodes}`,
    out: flags.out,
    nodes: Number(flags.nodes),
    seed: Number(flags.seed),
    rate: Number(flags.rate),
    has: new Set(),
    // The state is stored seldom and the log lies in small files: so the log counts, and most of it is used.
    nodeFlags: ['--limit=stateWriteTicks=3000,logEntriesMax=8000,logEntriesKept=4000,logSegmentBytes=262144'],
  },
  rot,
);

async function rot({ arena, random, problems }: Trial): Promise<void> {
  const { cluster } = arena;
  const table = new Map<string, Map<Outcome, number>>();
  const flips = Number(flags.flips);
  const beginMs = performance.now();
  for (let flip = 1; flip <= flips && problems.length === 0; flip++) {
    await sleep(random.integer(0, BETWEEN_MS_MAX));
    const id = random.pick(cluster.ids);
    await (random.chance(0.5) ? cluster.kill(id) : cluster.stop([id]));
    const damage = damageFile(cluster.directory.dataPath(id), random.chance(0.4) ? IN_LOG : ANYWHERE, random);
    if (damage === undefined) continue;
    const kind = kindOf(relative(cluster.directory.dataPath(id), damage.path));
    try {
      const outcome = await startAgain(cluster, id, damage);
      const row = table.get(kind) ?? new Map<Outcome, number>();
      table.set(kind, row.set(outcome, (row.get(outcome) ?? 0) + 1));
    } catch (error) {
      problems.push(`flip ${flip}, node ${id}, ${damage.path} at ${damage.offset}: ${String(error)}`);
    }
    if (flip % 10 === 0)
      console.info(`${flip} flips, ${((performance.now() - beginMs) / 1000 / flip).toFixed(1)} s each`);
  }
  const rows = [...table].toSorted(([one], [other]) => (one < other ? -1 : 1));
  console.table(Object.fromEntries(rows.map(([kind, row]) => [kind, Object.fromEntries(row)])));
}

/** Starts the node, and waits until it is sound again. Throws if it does neither that nor names the file. */
async function startAgain(cluster: LocalCluster, id: NodeId, damage: Damage): Promise<Outcome> {
  const log = cluster.directory.logPath(id);
  const seenBytes = readFileSync(log).length;
  const said = (): string => readFileSync(log).subarray(seenBytes).toString();
  for (let starts = 1; ; starts++) {
    await cluster.start([id]);
    if (await isSoundAgain(cluster, id)) {
      if (starts > 1) return 'crashed once';
      const told = [...EVENTS].find(([event]) => said().includes(event));
      return told?.[1] ?? 'harmless';
    }
    if (said().includes(basename(damage.path)) && /node (failed|not started)/.test(said())) {
      // What an operator would do next is tested elsewhere; here the node gets its file back.
      repairFile(damage);
      await cluster.start([id]);
      if (await isSoundAgain(cluster, id)) return 'stopped, named the file';
    }
    if (starts === STARTS_MAX) throw new Error(`the node does not come back:\n${said()}`);
  }
}

/** Whether it has all that the leader had committed; false if it ends instead. */
async function isSoundAgain(cluster: LocalCluster, id: NodeId): Promise<boolean> {
  let target: number | undefined;
  return waitUntil({ what: `node ${id} to catch up`, timeoutMs: RECOVERY_TIMEOUT_MS }, async () => {
    if (cluster.processState(id) === 'stopped') return { sound: false };
    const reports = await cluster.report();
    const leader = reports.find(({ status }) => status?.role === 'leader')?.status;
    const own = reports.find((report) => report.id === id)?.status;
    target ??= leader?.commitIndex;
    if (own === undefined || target === undefined) return undefined;
    return own.alarms.length === 0 && own.appliedIndex >= target ? { sound: true } : undefined;
  }).then(({ sound }) => sound);
}

/** Which kind of file: all segments are one kind, all tables of LevelDB another. */
function kindOf(path: string): string {
  return path.replaceAll(/\d+/g, 'N');
}
