import type { Command } from 'commander';
import { resolveLiving } from './node-argument.ts';
import { clusterCommand, printDone, withCluster } from './run.ts';
import type { ClusterFlags } from './run.ts';

export function addPauseCommand(parent: Command): void {
  clusterCommand(parent, 'pause <node>', 'Pause a node, or the leader, with SIGSTOP').action(
    (word: string, flags: ClusterFlags) =>
      withCluster(flags, async (cluster) => {
        const id = await resolveLiving(cluster, word);
        cluster.pause(id);
        printDone(flags, { paused: id }, `paused n${id}`);
      }),
  );
}
