/** Questions that a program of its own answers, in its own time. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Bench, Figures, Question } from '../question.ts';

const run = promisify(execFile);
const CATCH_UP = fileURLToPath(new URL('../catch-up.js', import.meta.url));
const KVORUM = fileURLToPath(new URL('../../cli/kvorum.js', import.meta.url));

export const CATCH_UP_QUESTION: Question = {
  name: 'catch-up',
  asks: 'an empty follower catches up with 1 GiB, while a client goes on putting',
  bars: [{ figure: 'mibPerSecond', wants: 'at least', bar: 60, moonshot: 200, unit: 'MiB/s' }],
  rounds: 1,
  begin: (bench) => Promise.resolve([{ name: 'kvorum', measure: () => catchUp(bench) }]),
};

async function catchUp(bench: Bench): Promise<Figures> {
  const small = bench.isQuick ? ['--mb', '8', '--seconds', '1'] : [];
  const words = [CATCH_UP, '--json', '--port', String(bench.nextPort()), ...small];
  // It fails when puts become too slow meanwhile: the figures count all the same.
  const { stdout } = await run(process.execPath, words).catch(
    (error: unknown) => error as { stdout: string },
  );
  const { mibPerSecond, ratio } = JSON.parse(stdout) as { mibPerSecond: number; ratio: number };
  return { mibPerSecond, ratio };
}

export const SIMULATOR_QUESTION: Question = {
  name: 'simulator',
  asks: 'simulated time of a cluster of 5 nodes under load, with all faults and checks, on one core',
  bars: [{ figure: 'timesRealTime', wants: 'at least', bar: 600, moonshot: 1800, unit: '×' }],
  begin: (bench) => {
    let seed = 1;
    const seeds = bench.isQuick ? 4 : 100;
    const measure = async (): Promise<Figures> => {
      const figures = await simulate(seed, seeds);
      seed += seeds;
      return figures;
    };
    return Promise.resolve([{ name: 'kvorum', measure }]);
  },
};

async function simulate(seed: number, seeds: number): Promise<Figures> {
  const words = [KVORUM, 'sim', '--nodes', '5', '--jobs', '1', '--json'];
  const { stdout } = await run(process.execPath, [...words, '--seed', `${seed}`, '--seeds', `${seeds}`]);
  const figures = JSON.parse(stdout) as Record<'timesRealTime' | 'eventsPerSecond', number>;
  return { timesRealTime: figures.timesRealTime, eventsPerSecond: figures.eventsPerSecond };
}
