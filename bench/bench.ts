/**
 * `npm run bench [-- --only NAME,… --peers NAME,… --rounds N --seconds S --quick --json --out DIR]`: how
 * fast is Kvorum, beside the peers that are installed: the same work on the same machine in the same run,
 * in turns, so that a machine that slows down slows all. Each bar is judged by the median of the rounds.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { scriptFlags } from '../cluster/script-flags.ts';
import { BenchRun } from './bench-run.ts';
import { onInterrupt } from './on-interrupt.ts';
import type { Figures, Question } from './question.ts';
import { QUESTIONS } from './questions/all.ts';
import { type Answer, judge } from './report/answers.ts';
import { charts } from './report/charts.ts';
import { disturbance } from './report/disturbance.ts';
import { markdown } from './report/markdown.ts';
import { shown } from './report/shown.ts';
import { table } from './report/table.ts';
import { installedPeers, PEER_NAMES } from './targets/peers.ts';

const ROUNDS = 5;
const SECONDS = 3;
const QUICK_MS = 300;

const flags = scriptFlags('bench', {
  only: { type: 'string' },
  peers: { type: 'string', default: PEER_NAMES.join(',') },
  /** Of every question; by default five, or what the question wants. */
  rounds: { type: 'string' },
  seconds: { type: 'string', default: String(SECONDS) },
  quick: { type: 'boolean', default: false },
  out: { type: 'string', default: '.kvorum/bench' },
  json: { type: 'boolean', default: false },
});

const only = flags.only?.split(',');
const asked = QUESTIONS.filter(({ name }) => only === undefined || only.includes(name));
if (asked.length === 0) {
  note(`no such question: ${flags.only}. There are ${QUESTIONS.map(({ name }) => name).join(', ')}`);
  process.exit(2);
}
const bench = new BenchRun({
  durationMs: flags.quick ? QUICK_MS : Number(flags.seconds) * 1000,
  isQuick: flags.quick,
  peers: PEER_NAMES.filter((name) => flags.peers.split(',').includes(name)),
  note,
});
onInterrupt(() => bench.stopAll());
const machine = describeMachine();
note(machine);
try {
  const answers: Answer[] = [];
  for (const question of asked) answers.push(await answer(question));
  await report(answers);
} finally {
  await bench.stopAll();
}

async function answer(question: Question): Promise<Answer> {
  note(`${question.name}: ${question.asks}`);
  const count = Number(flags.rounds ?? (flags.quick ? 1 : (question.rounds ?? ROUNDS)));
  const rounds: Record<string, Figures>[] = [];
  try {
    const subjects = await question.begin(bench);
    for (let round = 1; round <= count; round++) {
      const figures: Record<string, Figures> = {};
      // Nobody is always the first.
      for (const subject of round % 2 === 1 ? subjects : subjects.toReversed()) {
        figures[subject.name] = await subject.measure();
        note(`  ${round}/${count}  ${subject.name.padEnd(16)}${inShort(figures[subject.name] ?? {})}`);
      }
      rounds.push(figures);
    }
    return judge(
      question,
      subjects.map(({ name }) => name),
      rounds,
    );
  } finally {
    await bench.stopExtras();
  }
}

function inShort(figures: Figures): string {
  return Object.entries(figures)
    .map(([name, value]) => `${name} ${shown(value)}`)
    .join('  ');
}

async function report(answers: readonly Answer[]): Promise<void> {
  await mkdir(flags.out, { recursive: true });
  await writeFile(join(flags.out, 'bench.json'), `${JSON.stringify({ machine, answers }, null, 2)}\n`);
  await writeFile(join(flags.out, 'bench.md'), `${machine}\n\n${markdown(answers)}\n`);
  for (const [name, svg] of charts(answers)) await writeFile(join(flags.out, name), svg);
  console.log(flags.json ? JSON.stringify({ machine, answers }) : table(answers));
  const warning = disturbance(answers);
  if (warning !== undefined) note(warning);
  note(`figures, tables and charts: ${flags.out}`);
}

function describeMachine(): string {
  const processors = cpus();
  const peers = installedPeers(PEER_NAMES).map(({ name, version }) => `${name} ${version}`);
  const own = [`${processors.length} × ${processors[0]?.model ?? 'unknown'}`, `Node ${process.version}`];
  return [...own, ...(peers.length === 0 ? ['no peer installed'] : peers)].join(', ');
}

function note(text: string): void {
  console.error(text);
}
