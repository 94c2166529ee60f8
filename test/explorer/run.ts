/**
 * `npm run explore [-- --states N --nodes N --terms N --commands N --crashes N --decisions N --decide KIND,KIND
 * --planted NAME]`: looks at every state that a small cluster of the real core can reach, those with the fewest decisions
 * first, until so many distinct ones were seen. With `--planted` the core has that bug of test/mutants,
 * and the run must find it.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { scriptFlags } from '../../cluster/script-flags.ts';
import { plant } from '../mutants/plant.ts';
import { type Exploration, explore } from './explore.ts';
import { loadOpenCore } from './open-core.ts';
import { scenarioOf } from './scenario-of.ts';
import { DECISIONS } from './action.ts';
import type { Found } from './search.ts';
import { STARTS } from './starts.ts';

/** This file runs from dist/test/explorer. */
const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const REPORT_EVERY_MS = 5_000;
/** States that are followed between two looks at the clock. */
const STEP = 20_000;

const flags = scriptFlags('explore', {
  states: { type: 'string', default: '10000000' },
  nodes: { type: 'string', default: '3' },
  terms: { type: 'string', default: '4' },
  commands: { type: 'string', default: '3' },
  crashes: { type: 'string', default: '2' },
  decisions: { type: 'string', default: '20' },
  inflight: { type: 'string', default: '24' },
  decide: { type: 'string', default: DECISIONS.join() },
  planted: { type: 'string' },
});

await main();

async function main(): Promise<void> {
  const scratch = flags.planted === undefined ? undefined : await plant(ROOT, flags.planted);
  const core = await loadOpenCore(join(scratch ?? ROOT, 'dist'));
  if (scratch !== undefined) rmSync(scratch, { recursive: true, force: true });
  const exploration = explore(core, STARTS, Number(flags.nodes), {
    terms: Number(flags.terms),
    commands: Number(flags.commands),
    crashes: Number(flags.crashes),
    inflight: Number(flags.inflight),
    states: Number(flags.states),
    decisions: Number(flags.decisions),
    decide: new Set(DECISIONS.filter((kind) => flags.decide.split(',').includes(kind))),
  });
  const found = searchAll(exploration);
  if (found === undefined) {
    console.info('no violation');
    process.exitCode = flags.planted === undefined ? 0 : 1;
    return;
  }
  console.info(scenarioOf(found, STARTS, Number(flags.nodes), exploration.moves.messages).join('\n'));
  process.exitCode = flags.planted === undefined ? 1 : 0;
}

function searchAll({ search, moves }: Exploration): Found | undefined {
  const began = Date.now();
  let reported = began;
  for (;;) {
    const outcome = search.run(STEP);
    const now = Date.now();
    const isOver = outcome !== 'paused';
    if (isOver || now - reported >= REPORT_EVERY_MS) {
      reported = now;
      report({ search, moves }, (now - began) / 1000);
    }
    if (isOver) return outcome === 'done' ? undefined : outcome;
  }
}

function report({ search, moves }: Exploration, seconds: number): void {
  const { states, followed, complete, level, depth, cut } = search.progress;
  const perSecond = Math.round(states / Math.max(seconds, 0.001));
  const memory = Math.round(process.memoryUsage().rss / 2 ** 20);
  console.info(
    `${states} states (${followed} followed), ${perSecond}/s; all runs of ${complete} decisions, some of ${level}; ` +
      `up to ${depth} steps; ${moves.made} moves of ${moves.nodes} node states on the core; ` +
      `${cut} runs cut at the bound; ${memory} MiB; ${Math.round(seconds)} s`,
  );
}
