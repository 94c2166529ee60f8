import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import type { Answer } from '../../bench/report/answers.ts';

const run = promisify(execFile);
const BENCH = fileURLToPath(new URL('../../dist/bench/bench.js', import.meta.url));

test('the bench answers its questions in its short mode, and leaves nothing behind', async () => {
  const out = mkdtempSync(join(tmpdir(), 'kvorum-bench-test-'));
  try {
    const words = [BENCH, '--quick', '--json', '--only', 'put-one-by-one,gets,large-values', '--out', out];
    const { stdout } = await run(process.execPath, words, { timeout: 100_000 });
    const { answers } = JSON.parse(stdout) as { readonly answers: readonly Answer[] };
    expect(answers.map(({ name }) => name)).toEqual(['put-one-by-one', 'gets', 'large-values']);
    for (const { medians } of answers) {
      for (const figure of Object.values(medians['kvorum'] ?? {})) expect(figure).toBeGreaterThanOrEqual(0);
    }
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
});

test('an unknown question is named, with those that there are', async () => {
  await expect(run(process.execPath, [BENCH, '--only', 'nothing'])).rejects.toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/no such question: nothing\. There are puts, /) as string,
  });
});
