/**
 * `npm run nemesis -- [--minutes N] [--seed S] [--nodes 5] [--only FAULT,…] [--workloads NAME,…]
 * [--rate CALLS-PER-SECOND] [--without TOOL,…] [--progress-ms N] [--out DIR]`: a cluster of real processes under load, with every fault
 * that this machine has the means for, and every promise checked at the end. The same seed gives the
 * same schedule of faults.
 */
import { randomInt } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { scriptFlags } from '../../cluster/script-flags.ts';
import { exitOnSignals } from './arena.ts';
import { ALL_FAULTS, TOOLS } from './faults/all-faults.ts';
import { runNemesis } from './run-nemesis.ts';
import { summary } from './summary.ts';
import { writeTimeline } from './timeline.ts';
import { WORKLOADS } from './workloads/all-workloads.ts';

const flags = scriptFlags('nemesis', {
  minutes: { type: 'string', default: '1' },
  seed: { type: 'string', default: String(randomInt(2 ** 31)) },
  nodes: { type: 'string', default: '5' },
  only: { type: 'string' },
  workloads: { type: 'string', default: Object.keys(WORKLOADS).join(',') },
  rate: { type: 'string', default: '400' },
  without: { type: 'string' },
  'progress-ms': { type: 'string', default: '3000' },
  out: { type: 'string' },
});

const NODES_MAX = 9;

exitOnSignals();
process.exitCode = await main();

async function main(): Promise<number> {
  const nodes = Number(flags.nodes);
  if (!Number.isInteger(nodes) || nodes < 3 || nodes > NODES_MAX) {
    console.error(`--nodes is 3 to ${NODES_MAX}, not ${flags.nodes}`);
    return 2;
  }
  const only =
    flags.only === undefined
      ? undefined
      : namesOf(
          flags.only,
          ALL_FAULTS.map(({ name }) => name),
        );
  const workloads = namesOf(flags.workloads, Object.keys(WORKLOADS)).map((name) => WORKLOADS[name]!());
  const path = flags.out === undefined ? mkdtempSync(join(tmpdir(), 'kvorum-nemesis-')) : resolve(flags.out);
  if (existsSync(join(path, 'cluster.json'))) {
    console.error(`${path} holds an earlier run: remove it, or choose another --out`);
    return 2;
  }
  mkdirSync(path, { recursive: true });
  const replay = `npm run nemesis -- ${[
    `--minutes ${flags.minutes} --seed ${flags.seed} --nodes ${flags.nodes} --rate ${flags.rate}`,
    ...(flags.only === undefined ? [] : [`--only ${flags.only}`]),
    ...(flags.without === undefined ? [] : [`--without ${flags.without}`]),
    ...(flags.workloads === Object.keys(WORKLOADS).join(',') ? [] : [`--workloads ${flags.workloads}`]),
  ].join(' ')}`;
  console.info(`the same schedule again: ${replay}`);
  const result = await runNemesis({
    path,
    nodes,
    seed: Number(flags.seed),
    durationMs: Number(flags.minutes) * 60_000,
    workloads,
    only,
    without: flags.without === undefined ? [] : namesOf(flags.without, TOOLS),
    rate: Number(flags.rate),
    progressMsMax: Number(flags['progress-ms']),
    say: (line) => console.info(line),
  });
  writeTimeline(join(path, 'timeline.svg'), result, replay);
  for (const line of summary(result)) console.info(line);
  console.info(`history, logs and timeline: ${path}`);
  console.info(`the same schedule again: ${replay}`);
  return result.problems.length === 0 ? 0 : 1;
}

function namesOf<Name extends string>(text: string, known: readonly Name[]): readonly Name[] {
  const names = text.split(',').map((name) => name.trim());
  const wrong = names.filter((name) => !known.some((each) => each === name));
  if (wrong.length === 0) return names as Name[];
  console.error(`unknown: ${wrong.join(', ')}; there are ${known.join(', ')}`);
  process.exit(2);
}
