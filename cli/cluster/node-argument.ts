import type { NodeId } from '../../src/base/flavor.ts';
import { ClusterError } from '../../cluster/cluster-error.ts';
import type { LocalCluster } from '../../cluster/local-cluster.ts';

/** Who is meant by `leader`, `2` or `n2`. */
export async function resolveNode(cluster: LocalCluster, word: string): Promise<NodeId> {
  if (word === 'leader') {
    const leader = await cluster.leader();
    if (leader !== undefined) return leader;
    throw new ClusterError('no-leader', 'nobody leads now; name a node, or see `kvorum cluster status`');
  }
  const id = Number(/^n?(\d+)$/.exec(word)?.[1]);
  if (cluster.ids.includes(id)) return id;
  throw new ClusterError(
    'bad-request',
    `'${word}' is no node; say one of ${cluster.ids.join(', ')}, or leader`,
  );
}

/** The same, for a command that makes sense only while the node has a process. */
export async function resolveLiving(cluster: LocalCluster, word: string): Promise<NodeId> {
  const id = await resolveNode(cluster, word);
  if (cluster.processState(id) !== 'stopped') return id;
  throw new ClusterError(
    'not-running',
    `node ${id} is not running; \`kvorum cluster restart ${id}\` starts it`,
  );
}
