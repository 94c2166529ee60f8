import { Worker } from 'node:worker_threads';
import type { RunOptions, RunResult } from '../src/simulation/run.ts';
import { SITUATIONS } from '../src/simulation/situations.ts';
import { note, print, printJson, printTable } from './output.ts';
import { explainFailure } from './sim-failure.ts';

export interface ManyOptions {
  readonly seeds: number;
  readonly jobs: number;
  readonly json: boolean;
}

interface Tally {
  readonly failures: { readonly options: RunOptions; readonly result: RunResult }[];
  readonly marks: Map<string, number>;
  done: number;
  simulatedMs: number;
  events: number;
  turns: number;
  operations: number;
}

const FAILURES_TOLD_MAX = 5;
const PROGRESS_EVERY_MS = 500;

/** Runs the seeds from `options.seed` on, in threads. Gives whether any failed. */
export async function runMany(options: RunOptions, { seeds, jobs, json }: ManyOptions): Promise<boolean> {
  const tally: Tally = {
    failures: [],
    marks: new Map(),
    done: 0,
    simulatedMs: 0,
    events: 0,
    turns: 0,
    operations: 0,
  };
  const startedMs = performance.now();
  const progress = setInterval(() => showProgress(tally, seeds, startedMs), PROGRESS_EVERY_MS);
  let next = options.seed;
  const take = (): RunOptions | undefined =>
    next < options.seed + seeds ? { ...options, seed: next++ } : undefined;
  try {
    await Promise.all(Array.from({ length: Math.min(jobs, seeds) }, () => work(take, tally)));
  } finally {
    clearInterval(progress);
    if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
  }
  report(tally, performance.now() - startedMs, json);
  return tally.failures.length > 0;
}

/** One thread, until there is no seed left. */
async function work(take: () => RunOptions | undefined, tally: Tally): Promise<void> {
  const worker = new Worker(new URL('./sim-worker.js', import.meta.url));
  try {
    await new Promise<void>((resolve, reject) => {
      const give = (): void => {
        const options = take();
        if (options === undefined) resolve();
        else worker.postMessage(options, []);
      };
      worker.on('error', reject);
      worker.on('message', ({ options, result }: { options: RunOptions; result: RunResult }) => {
        count(tally, options, result);
        give();
      });
      give();
    });
  } finally {
    await worker.terminate();
  }
}

function count(tally: Tally, options: RunOptions, result: RunResult): void {
  tally.done++;
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
  if (!process.stderr.isTTY) return;
  const seconds = (performance.now() - startedMs) / 1000;
  const left = done === 0 ? '' : `, ${Math.ceil((seconds * (seeds - done)) / done)} s left`;
  process.stderr.write(
    `\r\x1b[K${done} of ${seeds} seeds, ${(simulatedMs / 3.6e6).toFixed(1)} cluster-hours, ${failures.length} failed${left}`,
  );
}

function report(tally: Tally, wallMs: number, json: boolean): void {
  const { done, simulatedMs, events, turns, operations, failures, marks } = tally;
  const never = SITUATIONS.filter((name) => !marks.has(name));
  const sorted = Object.fromEntries([...marks].sort(([a], [b]) => (a < b ? -1 : 1)));
  const facts = {
    seeds: done,
    failed: failures.length,
    simulatedHours: simulatedMs / 3.6e6,
    wallSeconds: wallMs / 1000,
    eventsPerSecond: Math.round((1000 * events) / wallMs),
    turnsPerSecond: Math.round((1000 * turns) / wallMs),
    calls: operations,
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
      `(${facts.timesRealTime} times real time), ${facts.eventsPerSecond} events/s, ${facts.calls} calls`,
  );
  for (const name of never) note(`Never happened in these runs: ${name}`);
}

/** What happened how often: faults, and situations that they led to. */
export function printMarks(marks: Readonly<Record<string, number>>): void {
  print('');
  printTable(
    ['WHAT HAPPENED', 'TIMES'],
    Object.entries(marks).map(([name, times]) => [name, String(times)]),
  );
}
