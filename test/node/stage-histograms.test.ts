import { expect, test } from 'vitest';
import { STAGES } from '../../src/base/stages.ts';
import { StageHistograms, type StageReport } from '../../src/node/stage-histograms.ts';
import { TestCluster, TestSession } from './test-cluster.ts';

test('a stage is told with its count, its percentiles and its longest time, in microseconds', () => {
  const histograms = new StageHistograms();
  for (let ms = 1; ms <= 100; ms++) histograms.took('apply', ms);
  const found = histograms.report().find(({ stage }) => stage === 'apply');
  expect(found?.count).toBe(100);
  expect(found?.p50Us).toBeGreaterThan(49_000);
  expect(found?.p50Us).toBeLessThan(52_000);
  expect(found?.p99Us).toBeGreaterThan(97_000);
  expect(found?.maxUs).toBeLessThan(102_000);
});

test('a stage that nobody went through is told as zeros, in the order of the stages', () => {
  const report = new StageHistograms().report();
  expect(report.map(({ stage }) => stage)).toEqual([...STAGES]);
  for (const { count, p50Us, p99Us, maxUs } of report)
    expect([count, p50Us, p99Us, maxUs]).toEqual([0, 0, 0, 0]);
});

test('every stage of a put is measured, and told over HTTP', async () => {
  await using cluster = await TestCluster.start(3);
  const leader = await cluster.leader();
  const session = await TestSession.open(await cluster.client(leader));
  for (let at = 0; at < 5; at++) await session.put(`k${at}`, 'v');
  const response = await fetch(`http://${cluster.nodes.get(leader)?.address}/stages`);
  const report = (await response.json()) as readonly StageReport[];
  const measured = report.filter(({ count }) => count > 0).map(({ stage }) => stage);
  // The disks of these nodes are in memory: nothing is written, nor synced.
  expect(measured).toEqual(STAGES.filter((stage) => stage !== 'log-write' && stage !== 'fdatasync'));
});
