/** Nodes come and go in good order while clients write: nobody notices. */
import { expect, test } from 'vitest';
import { waitUntil } from '../../cluster/wait-until.ts';
import { TestCluster } from './harness.ts';
import { SteadyLoad } from '../../bench/measure/steady-load.ts';

/** How long it is in fact `npm run bench:changes` says; a busy test machine adds pauses of its own. */
const GAP_MAX_MS = 5_000;

test('every node is restarted under load: no write fails, and the leader is never missed', async () => {
  await using cluster = await TestCluster.start(3);
  const { endpoints, local } = cluster;
  const load = new SteadyLoad(endpoints, { clients: 8, pauseMs: 2 });
  await waitUntil({ what: 'load', timeoutMs: 30_000 }, () => load.written > 500 || undefined);
  const gaps: string[] = [];
  for (const id of local.ids) {
    const leader = await cluster.leader();
    const fromMs = performance.now();
    await local.restart(id);
    const { commitIndex } = await cluster.statusWhere(await cluster.leader(), 'leads', () => true);
    await cluster.statusWhere(id, 'is back', (status) => status.appliedIndex >= commitIndex);
    const [gapMs = 0] = load.figures(fromMs).gapsMs;
    gaps.push(`n${id}${id === leader ? ' (leader)' : ''} ${gapMs} ms`);
    expect(gapMs).toBeLessThan(GAP_MAX_MS);
    if (id === leader) expect(cluster.logOf(id)).toContain('handed over');
  }
  const { failures, written, gapsMs } = await load.stop();
  console.info(
    `${written} writes; longest gap at each restart: ${gaps.join(', ')}; all: ${gapsMs.join(' ')}`,
  );
  expect(failures).toEqual([]);
});
