/**
 * `npm run mutants [-- --only NAME,NAME --budgets CPU-SECONDS,… --seed N --jobs N]`: plants each bug of
 * this folder in a copy of the build, and lets the random simulator look for it without a hint. Each is
 * given the first budget, those that are left the next one, and so on; what is left in the end fails
 * the run: a green simulator would mean nothing.
 */
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { plant } from './plant.ts';
import type { Sought } from './seek.ts';

interface Verdict extends Sought {
  readonly name: string;
}

const run = promisify(execFile);
/** This file runs from dist/test/mutants. */
const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
/** In the time of the wall: other processes may want the processor too. */
const STALL_FACTOR = 8;
const STALL_SECONDS = 60;
const PATCHES = join(ROOT, 'test/mutants');

const { values: flags } = parseArgs({
  options: {
    only: { type: 'string' },
    // The rarest of them shows in one seed of some thousands.
    budgets: { type: 'string', default: '10,60,1500' },
    seed: { type: 'string', default: '1' },
    jobs: { type: 'string', default: String(availableParallelism()) },
  },
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
    const sought = await seek(
      [join(scratch, 'dist'), join(ROOT, 'dist'), String(first), String(budget)],
      budget,
    );
    const seeds = sought.seeds + (before?.seeds ?? 0);
    return { name, ...sought, seeds, cpuSeconds: sought.cpuSeconds + (before?.cpuSeconds ?? 0) };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** A planted bug may keep a run from ever ending: that is found too. */
async function seek(words: readonly string[], budget: number): Promise<Sought> {
  const file = fileURLToPath(new URL('seek.js', import.meta.url));
  const limitMs = (STALL_FACTOR * budget + STALL_SECONDS) * 1_000;
  try {
    const { stdout } = await run(process.execPath, [file, ...words], {
      timeout: limitMs,
      killSignal: 'SIGKILL',
    });
    return JSON.parse(stdout) as Sought;
  } catch (error) {
    const { killed, stderr = '' } = error as { readonly killed?: boolean; readonly stderr?: string };
    if (killed !== true) throw error;
    const seeds = stderr.trim().split('\n');
    const seed = Number(seeds.at(-1));
    return { property: 'no end', detail: undefined, seed, seeds: seeds.length, cpuSeconds: limitMs / 1_000 };
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
