import { randomInt } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import type { ViteUserConfig } from 'vitest/config';

const SEED = process.env['SEED'] ?? String(randomInt(2 ** 31));
console.info(`SEED=${SEED} (replay: SEED=${SEED} npm test)`);

/** Where to write the results as JSON as well, for a script that counts them. */
const REPORT = process.env['TEST_REPORT'];

/**
 * One seed a run, printed first; processes are tested one file at a time, since they share two cores.
 * CommonJS packages are imported as Node itself does it.
 */
const shared = { env: { SEED }, setupFiles: ['test/setup.ts'], deps: { interopDefault: false } };

const config: ViteUserConfig = defineConfig({
  root: fileURLToPath(new URL('..', import.meta.url)),
  test: {
    reporters: REPORT === undefined ? ['default'] : ['default', ['json', { outputFile: REPORT }]],
    projects: [
      {
        test: {
          ...shared,
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/processes/**'],
          testTimeout: 60_000,
          // Vitest leaves one processor to itself otherwise: of two, that is half of them.
          maxWorkers: '100%',
          sequence: { groupOrder: 0 },
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
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});

export default config;
