import type { Command } from 'commander';
import { clusterCommand, printDone, withCluster } from './run.ts';
import type { ClusterFlags } from './run.ts';

export function addStopCommand(parent: Command): void {
  clusterCommand(parent, 'stop', 'Stop every node; the data stays').action((flags: ClusterFlags) =>
    withCluster(flags, async (cluster) => {
      const stopped = cluster.living;
      await cluster.stop();
      const names = stopped.map((id) => `n${id}`).join(', ');
      printDone(flags, { stopped }, stopped.length === 0 ? 'nothing was running' : `stopped ${names}`);
    }),
  );
}
