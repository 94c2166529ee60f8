/** A short run of `npm run nemesis`: its faults really happen, and no promise is broken by them. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { runNemesis } from '../nemesis/run-nemesis.ts';
import { summary } from '../nemesis/summary.ts';
import { timelineSvg } from '../nemesis/timeline.ts';
import { WORKLOADS } from '../nemesis/workloads/all-workloads.ts';

const KINDS = [
  'kill',
  'pause-all',
  'partition-halves',
  'delay',
  'flipped-bits',
  'clock-jump',
  'power-cut-all',
];

test('faults of many kinds at once, under every workload: every promise is kept', async () => {
  const path = mkdtempSync(join(tmpdir(), 'kvorum-nemesis-'));
  onTestFinished(({ task }) => {
    if (task.result?.state === 'fail') console.error(`kept, with logs and history: ${path}`);
    else rmSync(path, { recursive: true, force: true });
  });
  const seed = Number(process.env['SEED']);
  const result = await runNemesis({
    path,
    nodes: 3,
    seed,
    durationMs: 10_000,
    workloads: Object.values(WORKLOADS).map((make) => make()),
    only: KINDS,
    without: [],
    rate: 300,
    progressMsMax: 20_000, // other tests run on the same cores: here it counts that there is progress
    say: () => undefined,
  });
  if (result.problems.length > 0) console.error([...summary(result)].join('\n'));
  expect(result.problems).toEqual([]);
  expect(result.happened.length).toBeGreaterThan(0);
  expect(result.operations.filter(({ outcome }) => outcome === 'ok').length).toBeGreaterThan(100);
  expect(timelineSvg(result, 'a short run')).toContain('node 3');
});
