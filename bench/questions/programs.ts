/** Questions that a program of its own answers, in its own time. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Question } from '../question.ts';

const run = promisify(execFile);
const CATCH_UP = fileURLToPath(new URL('../catch-up.js', import.meta.url));
const KVORUM = fileURLToPath(new URL('../../cli/kvorum.js', import.meta.url));

export const CATCH_UP_QUESTION: Question = {
  name: 'catch-up',
  asks: 'an empty follower catches up with 1 GiB, while a client goes on putting',
  bars: [{ figure: 'mibPerSecond', wants: 'at least', bar: 60, moonshot: 200, unit: 'MiB/s' }],
  rounds: 1,
  begin: (bench) => {
    const words = [
      CATCH_UP,
      '--json',
      '--port',
      String(bench.nextPort()),
      ...(bench.isQuick ? ['--mb', '8'] : []),
    ];
    const measure = async (): Promise<{ mibPerSecond: number; ratio: number }> => {
      // It fails when puts become too slow meanwhile: the figures count all the same.
      const { stdout } = await run(process.execPath, words).catch(
        (error: unknown) => error as { stdout: string },
      );
      const { mibPerSecond, ratio } = JSON.parse(stdout) as { mibPerSecond: number; ratio: number };
      return { mibPerSecond, ratio };
    };
    return Promise.resolve({ subjects: [{ name: 'kvorum', measure }], close: () => Promise.resolve() });
  },
};

export const SIMULATOR_QUESTION: Question = {
  name: 'simulator',
  asks: 'simulated time of a cluster of 5 nodes under load, with all faults and checks, on one core',
  bars: [{ figure: 'timesRealTime', wants: 'at least', bar: 600, moonshot: 1800, unit: '×' }],
  begin: (bench) => {
    let seed = 1;
    const seeds = bench.isQuick ? 4 : 100;
    const measure = async (): Promise<{ timesRealTime: number; eventsPerSecond: number }> => {
      const words = [KVORUM, 'sim', '--nodes', '5', '--jobs', '1', '--json'];
      const range = ['--seed', String(seed), '--seeds', String(seeds)];
      seed += seeds;
      const { stdout } = await run(process.execPath, [...words, ...range]);
      const { timesRealTime, eventsPerSecond } = JSON.parse(stdout) as Record<
        'timesRealTime' | 'eventsPerSecond',
        number
      >;
      return { timesRealTime, eventsPerSecond };
    };
    return Promise.resolve({ subjects: [{ name: 'kvorum', measure }], close: () => Promise.resolve() });
  },
};
