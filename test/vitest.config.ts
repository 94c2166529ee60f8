import { randomInt } from 'node:crypto';
import { defineConfig } from 'vitest/config';

const SEED = process.env['SEED'] ?? String(randomInt(2 ** 31));
console.info(`SEED=${SEED} (replay: SEED=${SEED} npm test)`);

/** One seed a run, printed first; processes are tested one file at a time, since they share two cores. */
const shared = { env: { SEED }, setupFiles: ['test/setup.ts'] };

export default defineConfig({
  root: new URL('..', import.meta.url).pathname,
  test: {
    projects: [
      {
        test: {
          ...shared,
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/processes/**', 'test/mutants/**'],
          testTimeout: 60_000,
        },
      },
      {
        test: {
          ...shared,
          name: 'processes',
          include: ['test/processes/**/*.test.ts'],
          fileParallelism: false,
          pool: 'forks',
          testTimeout: 120_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
