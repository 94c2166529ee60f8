/** A process of `npm run mutants`: runs seeds of the build in the given directory until one fails or time is up. */
import { pathToFileURL } from 'node:url';
import type { runSeed } from '../../src/simulation/run.ts';

export interface Sought {
  /** What noticed the bug; undefined if nothing did. */
  readonly property: string | undefined;
  readonly detail: string | undefined;
  readonly seed: number | undefined;
  readonly seeds: number;
  readonly cpuSeconds: number;
}

const [build = '', firstSeed = '1', budgetSeconds = '60'] = process.argv.slice(2);
const module: unknown = await import(pathToFileURL(`${build}/src/simulation/run.js`).href);
const { runSeed: run } = module as { readonly runSeed: typeof runSeed };
console.info(JSON.stringify(seek(Number(firstSeed), Number(budgetSeconds))));

function seek(first: number, budget: number): Sought {
  for (let seed = first; ; seed++) {
    // As everyone runs it: nothing but the seed is given.
    const { failure } = run({ seed });
    const seeds = seed - first + 1;
    if (failure !== undefined) {
      return { property: failure.property, detail: failure.detail, seed, seeds, cpuSeconds: cpuSeconds() };
    }
    if (cpuSeconds() > budget) {
      return { property: undefined, detail: undefined, seed: undefined, seeds, cpuSeconds: cpuSeconds() };
    }
  }
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
