import type { Command } from 'commander';
import { resolveLiving } from './node-argument.ts';
import { clusterCommand, printDone, withCluster } from './run.ts';
import type { ClusterFlags } from './run.ts';

export function addKillCommand(parent: Command): void {
  clusterCommand(parent, 'kill <node>', 'Kill a node, or the leader, with SIGKILL').action(
    (word: string, flags: ClusterFlags) =>
      withCluster(flags, async (cluster) => {
        const id = await resolveLiving(cluster, word);
        await cluster.kill(id);
        printDone(flags, { killed: id }, `killed n${id}`);
      }),
  );
}
