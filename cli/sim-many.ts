import { setFlagsFromString } from 'node:v8';
import { Worker } from 'node:worker_threads';
import { replayCommand, runSeed, type RunOptions, type RunResult } from '../src/simulation/run.ts';
import { SITUATIONS } from '../src/simulation/situations.ts';
import { note, print, printJson, printTable } from './output.ts';
import { explainFailure } from './sim-failure.ts';
import { loadSubject } from './sim-subject.ts';
import type { SimWorkerData, SimWorkerReply } from './sim-worker.ts';

export interface ManyOptions {
  readonly seeds: number;
  readonly jobs: number;
  readonly json: boolean;
  /** A module with a simulation of the user's own. */
  readonly test: string | undefined;
}

interface Tally {
  readonly failures: { readonly options: RunOptions; readonly result: RunResult }[];
  readonly marks: Map<string, number>;
  done: number;
  repeated: number;
  simulatedMs: number;
  events: number;
  turns: number;
  operations: number;
}

const FAILURES_TOLD_MAX = 5;
const PROGRESS_EVERY_MS = 500;
/** Where nobody watches a terminal: a line of a log. */
const PROGRESS_LINE_EVERY_MS = 60_000;
/** Fewer need not have seen everything. */
const MARKS_FROM_SEEDS = 1000;
const CANARY_SEEDS_MAX = 10;
/** A run makes much that lives for a moment: with more room fewer of them live long enough to be copied. */
const YOUNG_GENERATION_MB = 192;

/** Runs the seeds from `options.seed` on, in threads, up to the first signal: it then tells of those that it ran. Gives whether any failed. */
export async function runMany(
  options: RunOptions,
  { seeds, jobs, json, test }: ManyOptions,
): Promise<boolean> {
  calmCollector();
  const canary = await findCanary(options, test);
  const tally: Tally = {
    failures: [],
    marks: new Map(),
    done: 0,
    repeated: 0,
    simulatedMs: 0,
    events: 0,
    turns: 0,
    operations: 0,
  };
  const startedMs = performance.now();
  const everyMs = process.stderr.isTTY ? PROGRESS_EVERY_MS : PROGRESS_LINE_EVERY_MS;
  const progress = setInterval(() => showProgress(tally, seeds, startedMs), everyMs);
  let next = options.seed;
  let end = options.seed + seeds;
  const take = (): RunOptions | undefined => (next < end ? { ...options, seed: next++ } : undefined);
  const stop = (): void => {
    end = next;
  };
  process.once('SIGINT', stop).once('SIGTERM', stop);
  try {
    await Promise.all(Array.from({ length: Math.min(jobs, seeds) }, () => work(take, tally, { test })));
  } finally {
    clearInterval(progress);
    process.off('SIGINT', stop).off('SIGTERM', stop);
    if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
  }
  const judgesMarks = test === undefined && options.faults === undefined && tally.done >= MARKS_FROM_SEEDS;
  const never = judgesMarks ? neverSeen(tally, options) : [];
  report(tally, { wallMs: performance.now() - startedMs, json, canary, never });
  return tally.failures.length > 0 || canary === undefined || never.length > 0;
}

/** One thread, until there is no seed left. */
async function work(
  take: () => RunOptions | undefined,
  tally: Tally,
  workerData: SimWorkerData,
): Promise<void> {
  const worker = new Worker(new URL('./sim-worker.js', import.meta.url), {
    workerData,
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
  });
  try {
    await new Promise<void>((resolve, reject) => {
      let options: RunOptions | undefined;
      const give = (): void => {
        options = take();
        if (options === undefined) resolve();
        else worker.postMessage(options, []);
      };
      worker.on('error', (cause) => {
        const replay = options === undefined ? '' : `; replay: ${replayCommand(options)}`;
        reject(new Error(`a thread of the simulator died: ${cause.message}${replay}`, { cause }));
      });
      worker.on('message', (reply: SimWorkerReply) => {
        count(tally, reply);
        give();
      });
      give();
    });
  } finally {
    await worker.terminate();
  }
}

function count(tally: Tally, { options, result, repeated }: SimWorkerReply): void {
  tally.done++;
  if (repeated) tally.repeated++;
  tally.simulatedMs += result.simulatedMs;
  tally.events += result.events;
  tally.turns += result.turns;
  tally.operations += result.operations;
  for (const [name, times] of Object.entries(result.marks))
    tally.marks.set(name, (tally.marks.get(name) ?? 0) + times);
  if (result.failure === undefined) return;
  tally.failures.push({ options, result });
  if (tally.failures.length <= FAILURES_TOLD_MAX) explainFailure(options, result);
}

function showProgress({ done, simulatedMs, failures }: Tally, seeds: number, startedMs: number): void {
  const seconds = (performance.now() - startedMs) / 1000;
  const left = done === 0 ? '' : `, ${Math.ceil((seconds * (seeds - done)) / done)} s left`;
  const line = `${done} of ${seeds} seeds, ${(simulatedMs / 3.6e6).toFixed(1)} cluster-hours, ${failures.length} failed${left}`;
  process.stderr.write(process.stderr.isTTY ? `\r\x1b[K${line}` : `${line}\n`);
}

interface Verdict {
  readonly wallMs: number;
  readonly json: boolean;
  /** The seed at which disks that lie were found out; undefined if they never were. */
  readonly canary: number | undefined;
  readonly never: readonly string[];
}

function report(tally: Tally, { wallMs, json, canary, never }: Verdict): void {
  const { done, repeated, simulatedMs, events, turns, operations, failures, marks } = tally;
  const sorted = Object.fromEntries([...marks].sort(([a], [b]) => (a < b ? -1 : 1)));
  const facts = {
    seeds: done,
    repeated,
    failed: failures.length,
    canary: canary ?? null,
    simulatedHours: simulatedMs / 3.6e6,
    wallSeconds: wallMs / 1000,
    clusterHoursPerMinute: (60 * simulatedMs) / 3600 / wallMs,
    eventsPerSecond: Math.round((1000 * events) / wallMs),
    turnsPerSecond: Math.round((1000 * turns) / wallMs),
    calls: operations,
    faults: [...marks].reduce((sum, [name, times]) => sum + (name.startsWith('fault: ') ? times : 0), 0),
    timesRealTime: Math.round(simulatedMs / wallMs),
  };
  if (json) {
    const failed = failures.map(({ options, result }) => ({ seed: options.seed, failure: result.failure }));
    printJson({ ...facts, marks: sorted, never, failures: failed });
    return;
  }
  printMarks(sorted);
  print('');
  print(
    `${facts.seeds} seeds, ${facts.failed} failed: ${facts.simulatedHours.toFixed(1)} simulated hours in ${facts.wallSeconds.toFixed(1)} s ` +
      `(${facts.clusterHoursPerMinute.toFixed(1)} cluster-hours a minute, ${facts.timesRealTime} times real time), ` +
      `${facts.eventsPerSecond} events/s, ${facts.calls} calls, ${facts.faults} faults`,
  );
  print(
    canary === undefined
      ? 'The canary lives: disks that lie were not found. These runs prove nothing.'
      : `The canary died, as it must: disks that lie were found by seed ${canary}. ${repeated} seeds were run twice, with equal traces.`,
  );
  for (const name of never) note(`Never happened in these runs, though it must: ${name}`);
}

/** What so many runs must have seen and did not. */
function neverSeen({ marks }: Tally, { nodes }: RunOptions): readonly string[] {
  // Alone, or with one other, much cannot happen.
  if (nodes !== undefined && nodes < 3) return [];
  return SITUATIONS.filter((name) => !marks.has(name));
}

/** Runs that must fail, or the checks are blind. */
async function findCanary(options: RunOptions, test: string | undefined): Promise<number | undefined> {
  const subjectOf = await loadSubject(test);
  for (let seed = options.seed; seed < options.seed + CANARY_SEEDS_MAX; seed++) {
    const { failure } = runSeed({ ...options, seed, seconds: 20, canary: true }, subjectOf);
    if (failure !== undefined) return seed;
  }
  return undefined;
}

/** Every thread is busy with a run of its own: helpers of the garbage collector would only be in the way. */
function calmCollector(): void {
  for (const flag of ['parallel-scavenge', 'concurrent-marking', 'concurrent-sweeping'])
    setFlagsFromString(`--no-${flag}`);
}

/** What happened how often: faults, and situations that they led to. */
export function printMarks(marks: Readonly<Record<string, number>>): void {
  print('');
  printTable(
    ['WHAT HAPPENED', 'TIMES'],
    Object.entries(marks).map(([name, times]) => [name, String(times)]),
  );
}
