/**
 * `npm run mutants [-- --only NAME,NAME --budget CPU-SECONDS --seed N --jobs N]`: plants each bug of
 * this folder in a copy of the sources, and lets the random simulator look for it without a hint.
 * A bug that is not found within its budget fails the run: a green simulator would mean nothing.
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
const PATCHES = join(ROOT, 'test/mutants');

const { values: flags } = parseArgs({
  options: {
    only: { type: 'string' },
    // The rarest of them shows in one seed of some thousands.
    budget: { type: 'string', default: '1500' },
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
  const verdicts: Verdict[] = [];
  const left = [...names];
  const work = async (): Promise<void> => {
    for (let name = left.shift(); name !== undefined; name = left.shift()) {
      const verdict = await judge(name);
      verdicts.push(verdict);
      print(verdict);
    }
  };
  await Promise.all(Array.from({ length: Number(flags.jobs) }, work));
  const survivors = verdicts.filter(({ property }) => property === undefined).map(({ name }) => name);
  const cpuSeconds = verdicts.reduce((sum, each) => sum + each.cpuSeconds, 0);
  console.info(
    `${verdicts.length - survivors.length} of ${verdicts.length} planted bugs found in ${Math.round(cpuSeconds)} CPU seconds`,
  );
  if (survivors.length === 0) return;
  console.info(`not found: ${survivors.join(', ')}`);
  process.exitCode = 1;
}

/** Plants one bug and looks for it. */
async function judge(name: string): Promise<Verdict> {
  const scratch = await plant(ROOT, name);
  try {
    const seek = fileURLToPath(new URL('seek.js', import.meta.url));
    const builds = [join(scratch, 'dist'), join(ROOT, 'dist')];
    const { stdout } = await run(process.execPath, [seek, ...builds, flags.seed, flags.budget]);
    return { name, ...(JSON.parse(stdout) as Sought) };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
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
