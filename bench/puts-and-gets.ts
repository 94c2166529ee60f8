/**
 * How many puts and linearizable gets a second does one Node process get out of three nodes, and how
 * long does each take? Against etcd, when it is installed, through the npm `etcd3` client: the same
 * machine, the same run, in turns, so that a machine that slows down slows both.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { barChart } from './chart.ts';
import { etcdVersion, startEtcd } from './etcd-target.ts';
import { startKvorum } from './kvorum-target.ts';
import { type LoadResult, median, runLoad } from './load.ts';
import type { Target } from './target.ts';

const VALUE_BYTES = 256;
const KEYS = 10_000;
const IN_FLIGHT = [1, 64, 256, 1024];
const OPERATIONS = ['put', 'get'] as const;

type Operation = (typeof OPERATIONS)[number];

/** Medians over the rounds. */
interface Row {
  readonly operation: Operation;
  readonly inFlight: number;
  readonly target: string;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Lowest and highest of the rounds. */
  readonly spread: readonly [number, number];
}

const { values: flags } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '3' },
    quick: { type: 'boolean', default: false },
    out: { type: 'string', default: '.kvorum/bench' },
    json: { type: 'boolean', default: false },
  },
});
const rounds = flags.quick ? 1 : Number(flags.rounds);
const durationMs = flags.quick ? 500 : Number(flags.seconds) * 1000;

const version = etcdVersion();
if (version === undefined) note('etcd is not on the PATH: Kvorum alone is measured');
const targets = [await startKvorum(7601), ...(version === undefined ? [] : [await startEtcd(7651)])];
try {
  const rows = await measureAll(targets);
  await report(rows);
} finally {
  await Promise.all(targets.map((target) => target.stop()));
}

async function measureAll(all: readonly Target[]): Promise<Row[]> {
  const results = new Map<string, LoadResult[]>();
  for (let round = 1; round <= rounds; round++) {
    for (const operation of OPERATIONS) {
      for (const inFlight of IN_FLIGHT) {
        for (const target of all) {
          const result = await measure(target, operation, inFlight);
          const name = JSON.stringify([operation, inFlight, target.name]);
          results.set(name, [...(results.get(name) ?? []), result]);
          const rate = Math.round(result.perSecond).toLocaleString('en');
          note(`round ${round}/${rounds}  ${operation} x${inFlight}  ${target.name}  ${rate}/s`);
        }
      }
    }
  }
  return [...results].map(([name, each]) => rowOf(JSON.parse(name) as [Operation, number, string], each));
}

function measure(target: Target, operation: Operation, inFlight: number): Promise<LoadResult> {
  const value = new Uint8Array(VALUE_BYTES).fill(0x61);
  const run =
    operation === 'put'
      ? (sequence: number): Promise<void> => target.put(keyOf(sequence), value)
      : (sequence: number): Promise<void> => target.get(keyOf(sequence));
  return runLoad(run, { inFlight, warmUpMs: durationMs / 3, durationMs });
}

/** Spreads over all keys, whatever the rate. */
function keyOf(sequence: number): string {
  return `bench/${String((sequence * 7919) % KEYS).padStart(5, '0')}`;
}

function rowOf([operation, inFlight, target]: [Operation, number, string], all: readonly LoadResult[]): Row {
  const rates = all.map(({ perSecond }) => perSecond);
  return {
    operation,
    inFlight,
    target,
    perSecond: median(rates),
    p50Ms: median(all.map(({ p50Ms }) => p50Ms)),
    p99Ms: median(all.map(({ p99Ms }) => p99Ms)),
    spread: [Math.min(...rates), Math.max(...rates)],
  };
}

async function report(rows: readonly Row[]): Promise<void> {
  await mkdir(flags.out, { recursive: true });
  await writeFile(
    join(flags.out, 'puts-and-gets.json'),
    `${JSON.stringify({ etcd: version, rows }, null, 2)}\n`,
  );
  for (const operation of OPERATIONS) {
    const title = `${operation === 'put' ? 'Puts' : 'Linearizable gets'} per second, ${VALUE_BYTES} bytes, 3 nodes`;
    const groups = IN_FLIGHT.map((inFlight) => ({
      label: `${inFlight} in flight`,
      bars: rows
        .filter((row) => row.operation === operation && row.inFlight === inFlight)
        .map(({ target, perSecond }) => ({ target, value: perSecond })),
    }));
    await writeFile(join(flags.out, `${operation}s.svg`), barChart(title, '/s', groups));
  }
  console.log(flags.json ? JSON.stringify(rows) : table(rows));
  note(`charts and figures: ${flags.out}`);
}

function table(rows: readonly Row[]): string {
  const lines = [['OPERATION', 'IN FLIGHT', 'STORE', 'PER SECOND', 'P50 MS', 'P99 MS', 'LOW..HIGH', 'RATIO']];
  for (const row of rows) {
    const peer = rows.find(
      ({ operation, inFlight, target }) =>
        operation === row.operation &&
        inFlight === row.inFlight &&
        target !== row.target &&
        row.target === 'kvorum',
    );
    lines.push([
      row.operation,
      String(row.inFlight),
      row.target,
      whole(row.perSecond),
      row.p50Ms.toFixed(2),
      row.p99Ms.toFixed(2),
      row.spread.map(whole).join('..'),
      peer === undefined ? '' : `${(row.perSecond / peer.perSecond).toFixed(1)} x`,
    ]);
  }
  const widths =
    lines[0]?.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0))) ?? [];
  return lines
    .map((line) => line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '))
    .join('\n');
}

function whole(value: number): string {
  return Math.round(value).toLocaleString('en');
}

function note(text: string): void {
  console.error(text);
}
