/**
 * `npm run mutants [-- --only NAME,NAME --budget CPU-SECONDS --seed N --jobs N]`: plants each bug of
 * this folder in a copy of the sources, and lets the random simulator look for it without a hint.
 * A bug that is not found within its budget fails the run: a green simulator would mean nothing.
 */
import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
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
  const scratch = mkdtempSync(join(tmpdir(), 'kvorum-mutant-'));
  try {
    for (const part of ['src', 'package.json', 'tsconfig.json'])
      cpSync(join(ROOT, part), join(scratch, part), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules'), join(scratch, 'node_modules'));
    await run('git', ['apply', '-C1', join(PATCHES, `${name}.patch`)], { cwd: scratch });
    await build(scratch);
    const seek = fileURLToPath(new URL('seek.js', import.meta.url));
    const { stdout } = await run(process.execPath, [
      seek,
      join(scratch, 'dist'),
      join(ROOT, 'dist'),
      flags.seed,
      flags.budget,
    ]);
    return { name, ...(JSON.parse(stdout) as Sought) };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** Only what the simulator needs, and without checking types: a planted bug may leave something unused. */
async function build(scratch: string): Promise<void> {
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
  const sources = ['src/simulation/run.ts'];
  const options = ['--ignoreConfig', '--noCheck', '--rootDir', '.', '--outDir', 'dist', '--target', 'es2023'];
  const modules = ['--module', 'nodenext', '--rewriteRelativeImportExtensions', '--verbatimModuleSyntax'];
  await run(process.execPath, [tsc, ...options, ...modules, ...sources], { cwd: scratch });
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
