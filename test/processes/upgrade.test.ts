/** A cluster goes over from the last release to this one, node by node, while clients write. */
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished, expect, test } from 'vitest';
import { SteadyLoad } from '../../bench/measure/steady-load.ts';
import { waitUntil } from '../../cluster/wait-until.ts';
import { kvorum } from './command.ts';
import { TestCluster } from './harness.ts';

/** The built form of this tree, but of a build that knows the first version only. */
function lastRelease(): string {
  const root = fileURLToPath(new URL('../../', import.meta.url));
  const copy = mkdtempSync(join(tmpdir(), 'kvorum-release-'));
  onTestFinished(() => rmSync(copy, { recursive: true, force: true }));
  cpSync(join(root, 'package.json'), join(copy, 'package.json'));
  cpSync(join(root, 'dist'), join(copy, 'dist'), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  const path = join(copy, 'dist/src/base/version.js');
  const text = readFileSync(path, 'utf8');
  const older = text.replace(/PROTOCOL_VERSION = \d+;/, 'PROTOCOL_VERSION = 1;');
  expect(older).not.toBe(text);
  writeFileSync(path, older);
  return join(copy, 'dist/cli/kvorum.js');
}

interface Seen {
  readonly reachable: boolean;
  readonly protocol: number;
  readonly clusterVersion: number;
}

async function seen(cluster: TestCluster): Promise<readonly (readonly [number, number])[]> {
  const { stdout } = await kvorum('status', '--json', '--endpoints', cluster.endpoints.join(','));
  const { nodes } = JSON.parse(stdout) as { readonly nodes: readonly Seen[] };
  return nodes.map(({ protocol, clusterVersion }) => [protocol, clusterVersion]);
}

test('a rolling upgrade fails no write, and what the older release does not know waits for its end', async () => {
  const older = lastRelease();
  await using cluster = await TestCluster.create(3);
  const { local, endpoints } = cluster;
  const at = ['--endpoints', endpoints.join(',')];
  local.program = older;
  await local.start();
  await cluster.leader();
  const load = new SteadyLoad(endpoints, { clients: 4, pauseMs: 2 });
  await waitUntil({ what: 'load', timeoutMs: 30_000 }, () => load.written > 100 || undefined);
  expect(await seen(cluster)).toEqual([
    [1, 1],
    [1, 1],
    [1, 1],
  ]);

  // Of a node that there is not: the change is refused, for one reason or another.
  const change = ['member', 'promote', '9', ...at];
  local.program = undefined;
  for (const id of local.ids) {
    const refused = await kvorum(...change);
    expect(refused).toMatchObject({ status: 6 });
    expect(refused.stderr).toContain('VERSION_UNSUPPORTED');
    await local.restart(id);
    const { commitIndex } = await cluster.statusWhere(await cluster.leader(), 'leads', () => true);
    await cluster.statusWhere(id, 'is back', (status) => status.appliedIndex >= commitIndex);
  }
  for (const id of local.ids)
    await cluster.statusWhere(id, 'goes over', ({ clusterVersion }) => clusterVersion === 2);
  expect(await seen(cluster)).toEqual([
    [2, 2],
    [2, 2],
    [2, 2],
  ]);
  expect((await kvorum(...change)).stderr).toContain('MEMBER_UNKNOWN');
  const { failures, written } = await load.stop();
  expect(failures).toEqual([]);
  expect(written).toBeGreaterThan(100);

  local.program = older;
  await local.restart(3);
  await cluster.logged(3, /VERSION_UNSUPPORTED.*this release understands no more than 1/);
  local.program = undefined;
  await local.restart(3);
  await cluster.statusWhere(3, 'is back', ({ clusterVersion }) => clusterVersion === 2);
});
