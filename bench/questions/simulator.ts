import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Figures, Question } from '../question.ts';

const run = promisify(execFile);
const SIMULATED_TIME = fileURLToPath(new URL('../measure/simulated-time.js', import.meta.url));
const WARM_UP_MS = 10_000;
const DURATION_MS = 15_000;
/** Every round has seeds of its own. */
const SEEDS_APART = 100_000;

/** How fast does simulated time pass? */
export const SIMULATOR_QUESTION: Question = {
  name: 'simulator',
  asks: 'simulated time of a cluster of 5 nodes under load, with all faults and checks, on one core',
  bars: [{ figure: 'timesRealTime', wants: 'at least', bar: 600, moonshot: 1800, unit: '×' }],
  begin: ({ isQuick }) => {
    let firstSeed = 1;
    const measure = async (): Promise<Figures> => {
      const times = isQuick ? [0, 1] : [WARM_UP_MS, DURATION_MS];
      const { stdout } = await run(process.execPath, [SIMULATED_TIME, ...[firstSeed, ...times].map(String)]);
      firstSeed += SEEDS_APART;
      return JSON.parse(stdout) as Figures;
    };
    return Promise.resolve([{ name: 'kvorum', measure }]);
  },
};
