/** A cluster becomes another one, node by node, while its clients write: none of them notices. */
import { expect, test } from 'vitest';
import { joinNode } from '../../cluster/join-node.ts';
import { waitUntil } from '../../cluster/wait-until.ts';
import { connect } from '../../src/client/client.ts';
import { Counter } from './counter.ts';
import { TestCluster } from './harness.ts';
import { SteadyLoad } from '../../bench/measure/steady-load.ts';
import { Watcher } from './watcher.ts';

const TIMEOUT_MS = 60_000;

test('five nodes are replaced one after the other, all of them, under load: no call fails', async () => {
  await using cluster = await TestCluster.start(5);
  const { local } = cluster;
  // They know the first five, and have to learn of the others.
  const { endpoints } = cluster;
  const load = new SteadyLoad(endpoints, { clients: 4, pauseMs: 5 });
  const counter = new Counter(endpoints);
  const watcher = new Watcher(endpoints);
  await waitUntil({ what: 'load', timeoutMs: TIMEOUT_MS }, () => load.written > 200 || undefined);
  const startedMs = performance.now();
  const founders = [...local.ids];
  for (const former of founders) {
    const id = await joinNode(local, { wantsVote: true, replaces: former, timeoutMs: TIMEOUT_MS });
    expect(await cluster.endOf(former)).toContain('MEMBER_REMOVED');
    local.forget(former);
    await cluster.statusWhere(id, 'follows', ({ leader }) => leader !== undefined);
  }
  const tookMs = performance.now() - startedMs;
  const before = load.written;
  await waitUntil(
    { what: 'more load', timeoutMs: TIMEOUT_MS },
    () => load.written > before + 200 || undefined,
  );
  const { failures, written, gapsMs } = await load.stop();
  console.info(
    `replaced in ${Math.round(tookMs)} ms; ${written} writes; longest gaps ${gapsMs.join(' ')} ms`,
  );
  expect(failures).toEqual([]);
  await counter.check();
  await watcher.check();

  expect(local.ids.some((id) => founders.includes(id))).toBe(false);
  await using client = connect(local.endpoints);
  const { members, settled } = await client.members.list();
  expect(settled).toBe(true);
  expect(members.map(({ id, role }) => [id, role])).toEqual(local.ids.map((id) => [id, 'voter']));
});
