import type { Command } from 'commander';
import { describeGroups } from '../../cluster/partition.ts';
import { reportedLeader } from '../../cluster/node-report.ts';
import { formatNodes, toRow } from './node-table.ts';
import { EXIT } from '../exit-status.ts';
import { note, print, printJson } from '../output.ts';
import { clusterCommand, withCluster } from './run.ts';
import type { ClusterFlags } from './run.ts';

export function addStatusCommand(parent: Command): void {
  clusterCommand(parent, 'status', 'Show every node: its role, its term and how far it is')
    .addHelpText(
      'after',
      '\nExit status: 0 when a majority follows a leader, 3 otherwise, 1 without a cluster.',
    )
    .action((flags: ClusterFlags) =>
      withCluster(flags, async (cluster) => {
        const reports = await cluster.report();
        const leader = reportedLeader(reports);
        const { clusterId, endpoints, partitioned: partition } = cluster;
        if (flags.json === true) {
          printJson({ clusterId, endpoints, leader, partition, nodes: reports.map(toRow) });
        } else {
          for (const line of formatNodes(reports)) print(line);
          if (partition !== undefined) note(`cut into ${describeGroups(partition)}`);
        }
        if (leader === undefined) process.exitCode = EXIT.notReachable;
      }),
    );
}
