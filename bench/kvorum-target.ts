import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LocalCluster } from '../cluster/local-cluster.ts';
import { connect } from '../src/client/client.ts';
import type { Target } from './target.ts';

/** Three nodes on this machine, with their defaults, and one client in this process. */
export async function startKvorum(firstPort: number): Promise<Target> {
  const directory = await mkdtemp(join(tmpdir(), 'kvorum-bench-'));
  const cluster = await LocalCluster.create({ path: directory, size: 3, firstPort });
  await cluster.start();
  const client = connect(cluster.endpoints, { inFlightMax: 4096 });
  await client.ready({ timeoutMs: 30_000 });
  return {
    name: 'kvorum',
    put: async (key, value) => void (await client.kv.put(key, value)),
    get: async (key) => void (await client.kv.get(key)),
    stop: async () => {
      await client.close();
      await cluster.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
