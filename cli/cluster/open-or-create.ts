import { ClusterError } from '../../cluster/cluster-error.ts';
import { ClusterDirectory } from '../../cluster/cluster-file.ts';
import { LocalCluster } from '../../cluster/local-cluster.ts';
import { note } from '../output.ts';
import { DEFAULT_NODES, DEFAULT_PORT, nodeFlags } from './start-options.ts';
import type { StartFlags } from './start-options.ts';

/** The cluster of the directory, or a new one; on other ports than asked for when those are taken. */
export async function openOrCreate(flags: StartFlags): Promise<LocalCluster> {
  const cluster = new ClusterDirectory(flags.dir).read() === undefined ? await create(flags) : reopen(flags);
  if (cluster.living.length > 0) return cluster;
  const wanted = flags.port ?? cluster.firstPort;
  if (wanted !== cluster.firstPort || !(await cluster.canListen())) await cluster.move(wanted);
  if (cluster.firstPort !== wanted) {
    note(`port ${wanted} or one right after it is taken: using ${cluster.firstPort} and up`);
  }
  return cluster;
}

function create(flags: StartFlags): Promise<LocalCluster> {
  const size = flags.nodes ?? DEFAULT_NODES;
  const firstPort = flags.port ?? DEFAULT_PORT;
  return LocalCluster.create({ path: flags.dir, size, firstPort, nodeFlags: nodeFlags(flags) });
}

function reopen(flags: StartFlags): LocalCluster {
  const cluster = LocalCluster.open({ path: flags.dir, nodeFlags: nodeFlags(flags) });
  const size = cluster.nodes.length;
  if (flags.nodes === undefined || flags.nodes === size) return cluster;
  throw new ClusterError(
    'bad-request',
    `${flags.dir} holds a cluster of ${size} nodes, not ${flags.nodes}; leave --nodes out, or name another --dir`,
  );
}
