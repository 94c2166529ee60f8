/** A load on a cluster to which something is done over and over, and whether every promise was kept. */
import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { SeededRandom } from '../../src/base/seeded-random.ts';
import type { LocalCluster } from '../../cluster/local-cluster.ts';
import { checkAll, readAll } from './aftermath.ts';
import { Arena, type ArenaOptions } from './arena.ts';
import { Recorder } from './history.ts';
import { appendWorkload } from './workloads/append.ts';
import { counterWorkload } from './workloads/counter.ts';
import { registerWorkload } from './workloads/register.ts';
import { setWorkload } from './workloads/set.ts';
import { Watchers } from './workloads/watchers.ts';
import { startWorkloads } from './workloads/workload.ts';

export interface TrialOptions extends Omit<ArenaOptions, 'path' | 'fakes'> {
  readonly name: string;
  /** The command that runs the same again. */
  readonly again: string;
  /** Where the history and the logs go; a new temporary folder if it is undefined. */
  readonly out: string | undefined;
  /** Calls per second. */
  readonly rate: number;
  /** What the nodes must not have said. */
  readonly findFailures?: (cluster: LocalCluster) => readonly string[];
}

export interface Trial {
  readonly arena: Arena;
  readonly recorder: Recorder;
  readonly random: SeededRandom;
  /** With the first one the trial is over. */
  readonly problems: string[];
}

/** Lets `harm` do what it does under load, then judges the history. Gives the exit status. */
export async function runTrial(
  options: TrialOptions,
  harm: (trial: Trial) => Promise<void>,
): Promise<number> {
  const { name, out, again } = options;
  const path = out === undefined ? mkdtempSync(join(tmpdir(), `kvorum-${name}-`)) : resolve(out);
  mkdirSync(path, { recursive: true });
  const arena = await Arena.create({ ...options, path, fakes: false });
  try {
    await arena.start();
    const problems = await judge(arena, options, path, harm);
    for (const problem of problems) console.info(`PROBLEM: ${problem}`);
    const verdict = 'nothing that was acknowledged was lost, and no answer was wrong';
    console.info(problems.length === 0 ? verdict : `${problems.length} problems`);
    console.info(`history and logs: ${path}; again: ${again}`);
    return problems.length === 0 ? 0 : 1;
  } finally {
    await arena.close();
  }
}

async function judge(
  arena: Arena,
  { seed, rate, findFailures = (): readonly string[] => [] }: TrialOptions,
  path: string,
  harm: (trial: Trial) => Promise<void>,
): Promise<readonly string[]> {
  const { cluster } = arena;
  const recorder = new Recorder(join(path, 'history.jsonl'));
  const watchers = new Watchers(() => cluster.endpoints, 1);
  const problems: string[] = [];
  const load = startWorkloads([registerWorkload(5), appendWorkload(3), setWorkload(4), counterWorkload(4)], {
    endpoints: cluster.endpoints,
    recorder,
    seed,
    rate,
    onFailure: (error) => problems.push(`a workload failed: ${String(error)}`),
  });
  await harm({ arena, recorder, problems, random: new SeededRandom(seed) });
  await load.stop();
  const aftermath = await readAll(cluster, recorder.operations, watchers);
  await arena.close();
  problems.push(
    ...checkAll(recorder.operations, aftermath, watchers, (line) => console.info(line)),
    ...findFailures(cluster),
  );
  await recorder.close();
  const count = (outcome: string): number =>
    recorder.operations.filter((each) => each.outcome === outcome).length;
  console.info(`${count('ok')} answers, ${count('unknown')} of unknown outcome`);
  return problems;
}
