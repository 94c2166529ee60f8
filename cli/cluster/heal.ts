import type { Command } from 'commander';
import { clusterCommand, printDone, withCluster } from './run.ts';
import type { ClusterFlags } from './run.ts';

export function addHealCommand(parent: Command): void {
  clusterCommand(parent, 'heal', 'End a partition').action((flags: ClusterFlags) =>
    withCluster(flags, async (cluster) => {
      await cluster.heal();
      printDone(flags, { healed: true }, 'healed: every node can talk to every other');
    }),
  );
}
