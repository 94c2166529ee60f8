import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import type { Answer } from '../../bench/report/answers.ts';

const run = promisify(execFile);
const BENCH = fileURLToPath(new URL('../../dist/bench/bench.js', import.meta.url));
const FLAME = fileURLToPath(new URL('../../dist/bench/flame.js', import.meta.url));
const ASKED = ['put-one-by-one', 'gets'];

test('the bench answers its questions in its short mode, and leaves nothing behind', async () => {
  const out = mkdtempSync(join(tmpdir(), 'kvorum-bench-test-'));
  try {
    const words = [BENCH, '--quick', '--json', '--only', ASKED.join(','), '--peers', 'etcd', '--out', out];
    const { stdout } = await run(process.execPath, words, { timeout: 100_000 });
    const { answers } = JSON.parse(stdout) as { readonly answers: readonly Answer[] };
    expect(answers.map(({ name }) => name)).toEqual(ASKED);
    for (const { medians, ceiling } of answers) {
      for (const figure of Object.values(medians['kvorum'] ?? {})) expect(figure).toBeGreaterThanOrEqual(0);
      expect(ceiling?.perSecond).toBeGreaterThan(medians['etcd']?.['perSecond'] ?? 0);
    }
    expect(readdirSync(out).toSorted()).toEqual(['bench.json', 'bench.md', 'latency.svg', 'per-second.svg']);
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

test('a flame graph is drawn of the leader, of a follower and of the client', async () => {
  const out = mkdtempSync(join(tmpdir(), 'kvorum-flame-test-'));
  try {
    const words = [FLAME, '--cold', '--seconds', '1', '--out', out];
    const { stdout } = await run(process.execPath, words, { timeout: 100_000 });
    for (const name of ['leader', 'follower', 'client']) {
      expect(stdout).toMatch(new RegExp(`^${name}: put, 256 in flight: busy \\d+ %`, 'm'));
      const profile = JSON.parse(readFileSync(join(out, `${name}.cpuprofile`), 'utf8')) as object;
      expect(profile).toHaveProperty('samples');
      expect(readFileSync(join(out, `${name}.svg`), 'utf8')).toMatch(/^<svg /);
    }
    expect(stdout).toMatch(/ src\/replica$/m);
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
});
