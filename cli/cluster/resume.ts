import type { Command } from 'commander';
import { resolveLiving } from './node-argument.ts';
import { clusterCommand, printDone, withCluster } from './run.ts';
import type { ClusterFlags } from './run.ts';

export function addResumeCommand(parent: Command): void {
  clusterCommand(parent, 'resume <node>', 'Let a paused node go on, with SIGCONT').action(
    (word: string, flags: ClusterFlags) =>
      withCluster(flags, async (cluster) => {
        const id = await resolveLiving(cluster, word);
        cluster.resume(id);
        printDone(flags, { resumed: id }, `resumed n${id}`);
      }),
  );
}
