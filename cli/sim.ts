/** `kvorum sim`: whole clusters under a virtual clock, with every fault. One seed is drawn; many are counted. */
import { randomInt } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { type Command, InvalidArgumentError } from 'commander';
import { runSeed, type RunOptions, type RunResult } from '../src/simulation/run.ts';
import { FAULT_KINDS, type FaultKind } from '../src/simulation/swarm.ts';
import { drawTimeline } from './draw-timeline.ts';
import { EXIT } from './exit-status.ts';
import { print, printJson } from './output.ts';
import { explainFailure, replayOf } from './sim-failure.ts';
import { printMarks, runMany } from './sim-many.ts';
import { simulateShapes } from './sim-shapes.ts';
import { loadSubject, type SubjectOf } from './sim-subject.ts';

interface SimFlags {
  readonly seed?: number;
  readonly seeds: number;
  readonly nodes?: number;
  readonly seconds: number;
  readonly steps?: number;
  readonly faults: readonly FaultKind[];
  readonly jobs: number;
  readonly test?: string;
  readonly shapes?: boolean;
  readonly canary?: boolean;
  readonly json?: boolean;
}

const HELP = `
One seed fixes a run: what breaks and when, what clients do, how fast disks and links are.
Raft's safety properties are checked after every turn; in the end linearizability, exactly-once,
watches, the registry and the shop's books; then the faults stop, and the cluster must recover.

Many seeds together must have seen every named situation, or the run fails. A canary, disks that
lie, is run first and must be found; one seed of a hundred runs twice, and must go the same way.

Faults: ${FAULT_KINDS.join(', ')}

Examples:
  $ kvorum sim --seed 7 --nodes 5
  $ kvorum sim --seed 1 --seeds 10000 --nodes 5
  $ kvorum sim --seed 7 --faults crash,partition

Exit status: 0 every promise was kept, 1 one was broken, 2 bad usage.`;

export function addSimCommand(program: Command): void {
  program
    .command('sim')
    .description('Simulate clusters with faults and check every promise')
    .option(
      '--seed <n>',
      'the run, or the first of many (default: a fresh one)',
      integer(0, Number.MAX_SAFE_INTEGER),
    )
    .option('--seeds <count>', 'how many runs', integer(1, 1e9), 1)
    .option('--nodes <n>', '1 to 9 (default: drawn from the seed, 1 to 5)', integer(1, 9))
    .option('--seconds <n>', 'virtual seconds with faults', integer(1, 86_400), 60)
    .option('--steps <n>', 'turns of nodes after which the faults stop at the latest', integer(1, 1e9))
    .option('--faults <list>', 'only these kinds, by commas, or none', faultList, FAULT_KINDS)
    .option('--jobs <n>', 'threads for many runs', integer(1, 256), availableParallelism())
    .option('--test <file>', 'simulate your own machine: a module that exports `simulation`, see README')
    .option(
      '--shapes',
      'instead, cut the links of five nodes in every shape there is, each with so many seeds',
    )
    .option('--canary', 'plant disks that lie: the run must fail')
    .option('--json', 'print one object')
    .addHelpText('after', HELP)
    .action(simulate);
}

async function simulate(flags: SimFlags): Promise<void> {
  const { seeds, jobs, json, faults, test, shapes, seed = randomInt(2 ** 31), ...rest } = flags;
  if (shapes === true) {
    if (simulateShapes(seed, seeds, json === true)) process.exitCode = EXIT.notFoundOrFalse;
    return;
  }
  const chosen = faults === FAULT_KINDS ? {} : { faults };
  const options: RunOptions = { seed, ...rest, ...chosen };
  const failed =
    seeds === 1
      ? simulateOne(options, json === true, await loadSubject(test))
      : await runMany(options, { seeds, jobs, json: json === true, test });
  if (failed) process.exitCode = EXIT.notFoundOrFalse;
}

function simulateOne(options: RunOptions, json: boolean, subjectOf: SubjectOf): boolean {
  const startedMs = performance.now();
  const result = runSeed({ ...options, timeline: true }, subjectOf);
  const wallMs = performance.now() - startedMs;
  const { timeline, ...facts } = result;
  if (json) {
    printJson({
      ...facts,
      failure: facts.failure ?? null,
      wallMs,
      replay: replayOf(options),
      samples: timeline?.samples,
    });
  } else {
    drawTimeline(result, process.stdout.columns ?? 100);
    printMarks(result.marks);
    summary(result, wallMs);
  }
  if (result.failure !== undefined) explainFailure(options, result);
  return result.failure !== undefined;
}

function summary(result: RunResult, wallMs: number): void {
  const { seed, nodes, turns, events, operations, simulatedMs, trace } = result;
  const times = Math.round(simulatedMs / wallMs);
  print('');
  print(
    `seed ${seed}: ${nodes} nodes, ${(simulatedMs / 1000).toFixed(1)} virtual seconds in ${Math.round(wallMs)} ms (${times} times real time), ` +
      `${turns} turns, ${events} events, ${operations} calls, trace ${trace}`,
  );
  if (result.failure === undefined) print('Every promise was kept.');
}

function integer(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < min || value > max) {
      throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`);
    }
    return value;
  };
}

function faultList(text: string): readonly FaultKind[] {
  if (text === 'none') return [];
  if (text === 'all') return FAULT_KINDS;
  return text.split(',').map((word) => {
    const kind = FAULT_KINDS.find((known) => known === word.trim());
    if (kind === undefined)
      throw new InvalidArgumentError(`There is no fault ${word}; there are ${FAULT_KINDS.join(', ')}.`);
    return kind;
  });
}
