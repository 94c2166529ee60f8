/**
 * `npm run mutants [-- --only NAME,NAME --budgets CPU-SECONDS,… --seed N --jobs N]`: plants each bug of
 * this folder in a copy of the build, and lets the random simulator look for it without a hint. Each is
 * given the first budget, those that are left the next one, and so on; what is left in the end fails
 * the run: a green simulator would mean nothing.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { scriptFlags } from '../../cluster/script-flags.ts';
import { plant } from './plant.ts';
import type { Sought } from './seek.ts';

interface Verdict extends Sought {
  readonly name: string;
}

/** This file runs from dist/test/mutants. */
const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
/** A seed takes about a second; one that takes so long has no end. */
const ENDLESS_SECONDS = 30;
const PATCHES = join(ROOT, 'test/mutants');

const flags = scriptFlags('mutants', {
  only: { type: 'string' },
  // The rarest of them shows in one seed of some thousands.
  budgets: { type: 'string', default: '10,60,1500' },
  seed: { type: 'string', default: '1' },
  jobs: { type: 'string', default: String(availableParallelism()) },
});

await main();

async function main(): Promise<void> {
  const names = readdirSync(PATCHES)
    .filter((file) => file.endsWith('.patch'))
    .map((file) => file.slice(0, -'.patch'.length))
    .filter((name) => flags.only === undefined || flags.only.split(',').includes(name));
  const verdicts = new Map<string, Verdict>();
  for (const budget of flags.budgets.split(',').map(Number)) {
    await inParallel(
      names.filter((name) => verdicts.get(name)?.property === undefined),
      async (name) => {
        const verdict = await judge(name, budget, verdicts.get(name));
        verdicts.set(name, verdict);
        print(verdict);
      },
    );
    summarize([...verdicts.values()], budget);
  }
  if ([...verdicts.values()].some(({ property }) => property === undefined)) process.exitCode = 1;
}

async function inParallel(names: readonly string[], work: (name: string) => Promise<void>): Promise<void> {
  const left = [...names];
  const worker = async (): Promise<void> => {
    for (let name = left.shift(); name !== undefined; name = left.shift()) await work(name);
  };
  await Promise.all(Array.from({ length: Number(flags.jobs) }, worker));
}

function summarize(verdicts: readonly Verdict[], budget: number): void {
  const survivors = verdicts.filter(({ property }) => property === undefined).map(({ name }) => name);
  const cpuSeconds = verdicts.reduce((sum, each) => sum + each.cpuSeconds, 0);
  const found = `${verdicts.length - survivors.length} of ${verdicts.length} planted bugs found`;
  console.info(`${found}, at most ${budget} CPU seconds for each, ${Math.round(cpuSeconds)} in all`);
  if (survivors.length > 0) console.info(`not found: ${survivors.join(', ')}`);
}

/** Plants one bug and looks for it, behind the seeds that were tried `before`. */
async function judge(name: string, budget: number, before: Verdict | undefined): Promise<Verdict> {
  const scratch = await plant(ROOT, name);
  const first = Number(flags.seed) + (before?.seeds ?? 0);
  try {
    const sought = await seek([join(scratch, 'dist'), join(ROOT, 'dist'), String(first), String(budget)]);
    const seeds = sought.seeds + (before?.seeds ?? 0);
    return { name, ...sought, seeds, cpuSeconds: sought.cpuSeconds + (before?.cpuSeconds ?? 0) };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** A planted bug may keep a run from ever ending: that is found too. */
async function seek(words: readonly string[]): Promise<Sought> {
  const file = fileURLToPath(new URL('seek.js', import.meta.url));
  const child = spawn(process.execPath, [file, ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const seeds: number[] = [];
  let begunAt = 0;
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    seeds.push(...text.trim().split('\n').map(Number));
    begunAt = cpuSecondsOf(child.pid);
  });
  let isEndless = false;
  const watch = setInterval(() => {
    isEndless ||= cpuSecondsOf(child.pid) - begunAt > ENDLESS_SECONDS;
    if (isEndless) child.kill('SIGKILL');
  }, 1_000);
  const [code] = (await once(child, 'close')) as [number | null];
  clearInterval(watch);
  if (code === 0) return JSON.parse(output) as Sought;
  if (!isEndless) throw new Error(`the search ended with ${code}, at seed ${seeds.at(-1)}`);
  const cpuSeconds = begunAt + ENDLESS_SECONDS;
  return { property: 'no end', detail: undefined, seed: seeds.at(-1), seeds: seeds.length, cpuSeconds };
}

/** What a process has used so far; 0 where the system does not tell. */
function cpuSecondsOf(pid: number | undefined): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    return 0;
  }
}

function print({ name, property, seed, seeds, cpuSeconds }: Verdict): void {
  const found = property === undefined ? 'NOT FOUND' : `found by ${property}, seed ${seed}`;
  const about =
    readFileSync(join(PATCHES, `${name}.patch`), 'utf8')
      .split('\n')[0]
      ?.slice(2) ?? '';
  console.info(
    `${name.padEnd(30)} ${String(seeds).padStart(6)} seeds ${cpuSeconds.toFixed(1).padStart(7)} s  ${found}\n    ${about}`,
  );
}
