import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ClusterError } from '../../cluster/cluster-error.ts';
import { ClusterDirectory } from '../../cluster/cluster-file.ts';
import { LocalCluster } from '../../cluster/local-cluster.ts';

let path = '';

beforeEach(() => {
  path = mkdtempSync(join(tmpdir(), 'kvorum-cluster-'));
});

afterEach(() => rmSync(path, { recursive: true, force: true }));

test('a directory without a cluster says so', () => {
  expect(new ClusterDirectory(path).read()).toBeUndefined();
  expect(() => LocalCluster.open({ path })).toThrow(ClusterError);
  expect(() => LocalCluster.open({ path })).toThrow(/kvorum cluster start/);
});

test('what a directory holds is read back', async () => {
  const made = await LocalCluster.create({ path, size: 5, firstPort: 21_000 });
  const found = LocalCluster.open({ path });
  expect(found.clusterId).toBe(made.clusterId);
  expect(found.endpoints).toEqual(made.endpoints);
  expect(found.ids).toEqual([1, 2, 3, 4, 5]);
  expect(found.firstPort).toBeGreaterThanOrEqual(21_000);
  expect(found.living).toEqual([]);
});

test('a directory takes one cluster', async () => {
  await LocalCluster.create({ path, size: 3, firstPort: 21_000 });
  await expect(LocalCluster.create({ path, size: 3, firstPort: 21_000 })).rejects.toThrow(/already/);
});

test.each(['', '{', '[]', '{"version":2}', '{"version":1,"clusterId":"a","nodes":[],"nodeFlags":[]}'])(
  'a cluster file that holds %j is refused by name',
  (text) => {
    writeFileSync(join(path, 'cluster.json'), text);
    expect(() => LocalCluster.open({ path })).toThrow(join(path, 'cluster.json'));
  },
);

test('a partition is kept until it is healed', async () => {
  const cluster = await LocalCluster.create({ path, size: 3, firstPort: 21_000 });
  await cluster.partition([[1], [2, 3]]);
  expect(LocalCluster.open({ path }).partitioned).toEqual([[1], [2, 3]]);
  await cluster.heal();
  expect(cluster.partitioned).toBeUndefined();
});

test('a node that does not exist is named, together with those that do', async () => {
  const cluster = await LocalCluster.create({ path, size: 3, firstPort: 21_000 });
  await expect(cluster.kill(4)).rejects.toThrow('no node 4 in this cluster; it has 1, 2, 3');
});
