/**
 * `npm run power-cuts -- [--cuts 200] [--seed S] [--nodes 5] [--rate CALLS-PER-SECOND] [--out DIR]`:
 * cuts the power of all nodes at once, over and over, each time in the middle of a load, and requires
 * everything that was acknowledged to be there afterwards. With root, the power cuts are real to the
 * file system (see `cluster/faults/loop-disk.ts`); without, all nodes are killed instead.
 */
import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { scriptFlags } from '../../cluster/script-flags.ts';
import { LoopDisk } from '../../cluster/faults/loop-disk.ts';
import { waitUntil } from '../../cluster/wait-until.ts';
import { readFailures } from './aftermath.ts';
import { exitOnSignals } from './arena.ts';
import { READS, type Recorder } from './history.ts';
import { runTrial, type Trial } from './trial.ts';

const ANSWERS_TIMEOUT_MS = 60_000;
/** Between two cuts: at least so many writes are acknowledged. */
const WRITES_MIN = 50;
const AFTER_MS_MAX = 300;

const flags = scriptFlags('power-cuts', {
  cuts: { type: 'string', default: '200' },
  seed: { type: 'string', default: String(randomInt(2 ** 31)) },
  nodes: { type: 'string', default: '5' },
  rate: { type: 'string', default: '1000' },
  out: { type: 'string' },
});

exitOnSignals();
const missing = LoopDisk.missing();
if (missing !== undefined)
  console.info(`all nodes are killed instead of cutting their power: that needs ${missing}`);
process.exitCode = await runTrial(
  {
    name: 'power-cuts',
    again: `npm run power-cuts -- --cuts ${flags.cuts} --seed ${flags.seed} --nodes ${flags.nodes}`,
    out: flags.out,
    nodes: Number(flags.nodes),
    seed: Number(flags.seed),
    rate: Number(flags.rate),
    has: new Set(missing === undefined ? ['loop-disks'] : []),
    nodeFlags: ['--limit=stateWriteTicks=25,logEntriesMax=4000,logEntriesKept=1000,logSegmentBytes=262144'],
    findFailures: readFailures,
  },
  cutOverAndOver,
);

async function cutOverAndOver({ arena, recorder, random, problems }: Trial): Promise<void> {
  const { cluster, disks } = arena;
  const downMs: number[] = [];
  const cuts = Number(flags.cuts);
  const beginMs = performance.now();
  for (let cut = 1; cut <= cuts && problems.length === 0; cut++) {
    await newWrites(recorder, WRITES_MIN);
    await sleep(random.integer(0, AFTER_MS_MAX));
    const cutMs = performance.now();
    if (disks.size > 0) await LoopDisk.cutPower([...disks.values()]);
    await Promise.all(cluster.ids.map((id) => cluster.kill(id)));
    await Promise.all([...disks.values()].map((disk) => disk.remount()));
    await cluster.start();
    await newWrites(recorder, 1);
    downMs.push(performance.now() - cutMs);
    if (cut % 10 !== 0 && cut !== cuts) continue;
    const perCutS = (performance.now() - beginMs) / 1000 / cut;
    const acknowledged = recorder.operations.filter(({ outcome }) => outcome === 'ok').length;
    console.info(`${cut} cuts, ${perCutS.toFixed(1)} s each, ${acknowledged} answers`);
  }
  const sorted = downMs.toSorted((a, b) => a - b);
  const [p50 = 0, max = 0] = [sorted[Math.floor(sorted.length / 2)], sorted.at(-1)];
  console.info(
    `${downMs.length} power cuts of all nodes; from the cut to the next write p50 ${p50.toFixed(0)} ms, max ${max.toFixed(0)} ms`,
  );
}

/** Waits until this many more writes are acknowledged, of those that begin now. */
async function newWrites({ operations }: Recorder, count: number): Promise<void> {
  const sinceNs = performance.now() * 1e6;
  let at = operations.length;
  let found = 0;
  await waitUntil({ what: `${count} acknowledged writes`, timeoutMs: ANSWERS_TIMEOUT_MS }, () => {
    for (; at < operations.length; at++) {
      const { outcome, callNs, op } = operations[at]!;
      if (outcome === 'ok' && callNs >= sinceNs && !READS.has(op)) found++;
    }
    return found >= count ? true : undefined;
  });
}
