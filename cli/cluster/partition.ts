import type { Command } from 'commander';
import { describeGroups, parseGroups } from '../../cluster/partition.ts';
import { clusterCommand, dirFlag, printDone, withCluster } from './run.ts';
import type { ClusterFlags } from './run.ts';

const HELP = `
Two nodes can talk when some group holds both. The nodes close the real connections between the
groups, and neither dial nor answer over them, until \`kvorum cluster heal\`.

Examples:
  kvorum cluster partition 1,2/3,4,5      a minority and a majority
  kvorum cluster partition 1/2,3          node 1 alone
  kvorum cluster partition 1,2,3/3,4,5    node 3 bridges the two sides`;

export function addPartitionCommand(parent: Command): void {
  clusterCommand(parent, 'partition <groups>', 'Cut the network between groups of nodes')
    .addHelpText('after', HELP)
    .action((text: string, flags: ClusterFlags) =>
      withCluster(flags, async (cluster) => {
        const groups = parseGroups(text, cluster.ids);
        await cluster.partition(groups);
        const words = `cut into ${describeGroups(groups)}; \`kvorum cluster heal${dirFlag(flags)}\` ends it`;
        printDone(flags, { partition: groups }, words);
      }),
    );
}
