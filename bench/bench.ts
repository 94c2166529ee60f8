/**
 * `npm run bench [-- --only NAME,… --rounds N --seconds S --quick --json --out DIR]`: how fast is Kvorum,
 * beside etcd where that is installed: the same work on the same machine in the same run, in turns, so
 * that a machine that slows down slows both. Each bar is judged by the median of the rounds.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Bench, Figures, Question } from './question.ts';
import { QUESTIONS } from './questions/all.ts';
import { type Answer, judge, markdown, table } from './report/answers.ts';
import { barChart } from './report/chart.ts';
import { EtcdTarget, etcdVersion } from './targets/etcd.ts';
import { KvorumTarget } from './targets/kvorum.ts';
import type { Target } from './targets/target.ts';

const ROUNDS = 5;
const SECONDS = 3;
const QUICK_MS = 300;
const FIRST_PORT = 7601;
const PORTS_APART = 20;

const { values: flags } = parseArgs({
  options: {
    only: { type: 'string' },
    rounds: { type: 'string', default: String(ROUNDS) },
    seconds: { type: 'string', default: String(SECONDS) },
    quick: { type: 'boolean', default: false },
    out: { type: 'string', default: '.kvorum/bench' },
    json: { type: 'boolean', default: false },
  },
});

const only = flags.only?.split(',');
const asked = QUESTIONS.filter(({ name }) => only === undefined || only.includes(name));
if (asked.length === 0) {
  note(`no such question: ${flags.only}. There are ${QUESTIONS.map(({ name }) => name).join(', ')}`);
  process.exit(2);
}
let ports = FIRST_PORT - PORTS_APART;
let shared: Promise<readonly Target[]> | undefined;
const bench: Bench = {
  durationMs: flags.quick ? QUICK_MS : Number(flags.seconds) * 1000,
  isQuick: flags.quick,
  targets: () => (shared ??= startTargets()),
  nextPort: () => (ports += PORTS_APART),
  note,
};
try {
  const answers: Answer[] = [];
  for (const question of asked) answers.push(await answer(question));
  await report(answers);
} finally {
  await Promise.all(((await shared) ?? []).map((target) => target.stop()));
}

async function startTargets(): Promise<readonly Target[]> {
  const version = etcdVersion();
  if (version === undefined) note('etcd is not on the PATH: Kvorum alone is measured');
  const kvorum = await KvorumTarget.start({ firstPort: bench.nextPort() });
  return version === undefined ? [kvorum] : [kvorum, await EtcdTarget.start({ firstPort: bench.nextPort() })];
}

async function answer(question: Question): Promise<Answer> {
  note(`${question.name}: ${question.asks}`);
  const { subjects, close } = await question.begin(bench);
  const rounds: Record<string, Figures>[] = [];
  const count = flags.quick ? 1 : (question.rounds ?? Number(flags.rounds));
  try {
    for (let round = 1; round <= count; round++) {
      const figures: Record<string, Figures> = {};
      // Nobody is always the first.
      for (const subject of round % 2 === 1 ? subjects : subjects.toReversed()) {
        figures[subject.name] = await subject.measure();
        note(`  ${round}/${count}  ${subject.name.padEnd(14)}${inShort(figures[subject.name] ?? {})}`);
      }
      rounds.push(figures);
    }
  } finally {
    await close();
  }
  return judge(
    question,
    subjects.map(({ name }) => name),
    rounds,
  );
}

function inShort(figures: Figures): string {
  return Object.entries(figures)
    .map(
      ([name, value]) =>
        `${name} ${value >= 100 ? Math.round(value).toLocaleString('en') : value.toFixed(2)}`,
    )
    .join('  ');
}

async function report(answers: readonly Answer[]): Promise<void> {
  await mkdir(flags.out, { recursive: true });
  const machine = `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, Node ${process.version}, etcd ${etcdVersion() ?? 'not there'}`;
  await writeFile(join(flags.out, 'bench.json'), `${JSON.stringify({ machine, answers }, null, 2)}\n`);
  await writeFile(join(flags.out, 'bench.md'), `${machine}\n\n${markdown(answers)}\n`);
  const groups = answers.flatMap(({ name, medians }) => {
    const bars = Object.entries(medians).flatMap(([target, { perSecond }]) =>
      perSecond === undefined ? [] : [{ target, value: perSecond }],
    );
    return bars.length === 0 ? [] : [{ label: name, bars }];
  });
  if (groups.length > 0)
    await writeFile(join(flags.out, 'per-second.svg'), barChart('Per second', '/s', groups));
  console.log(flags.json ? JSON.stringify({ machine, answers }) : table(answers));
  note(`figures, table and chart: ${flags.out}`);
}

function note(text: string): void {
  console.error(text);
}
