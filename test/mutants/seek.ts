/** A process of `npm run mutants`: runs seeds of the build in the first directory until one fails that holds in the second, or time is up. */
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

const [build = '', sound = '', firstSeed = '1', budgetSeconds = '60'] = process.argv.slice(2);
const planted = await simulatorOf(build);
const pristine = await simulatorOf(sound);
console.info(JSON.stringify(seek(Number(firstSeed), Number(budgetSeconds))));

async function simulatorOf(directory: string): Promise<typeof runSeed> {
  const module: unknown = await import(pathToFileURL(`${directory}/src/simulation/run.js`).href);
  return (module as { readonly runSeed: typeof runSeed }).runSeed;
}

function seek(first: number, budget: number): Sought {
  for (let seed = first; ; seed++) {
    console.error(seed);
    // As everyone runs it: nothing but the seed is given.
    const { failure } = planted({ seed });
    const seeds = seed - first + 1;
    // A seed on which the sound code fails too says nothing about the planted bug.
    if (failure !== undefined && pristine({ seed }).failure === undefined) {
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
