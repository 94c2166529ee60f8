import type { Command } from 'commander';
import { resolveNode } from './node-argument.ts';
import { clusterCommand, printDone, withCluster } from './run.ts';
import type { ClusterFlags } from './run.ts';

export function addRestartCommand(parent: Command): void {
  clusterCommand(parent, 'restart <node>', 'Start a node that is down; stop it first if it runs').action(
    (word: string, flags: ClusterFlags) =>
      withCluster(flags, async (cluster) => {
        const id = await resolveNode(cluster, word);
        await cluster.restart(id);
        printDone(flags, { restarted: id }, `restarted n${id}`);
      }),
  );
}
