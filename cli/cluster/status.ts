import type { Command } from 'commander';
import { describeGroups } from '../../cluster/partition.ts';
import { reportedLeader } from '../../cluster/node-report.ts';
import { formatTable, toRow } from './node-table.ts';
import { clusterCommand, note, print, withCluster } from './run.ts';
import type { ClusterFlags } from './run.ts';

/** As for a client that cannot reach the cluster. */
const EXIT_WITHOUT_LEADER = 3;

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
          print(JSON.stringify({ clusterId, endpoints, leader, partition, nodes: reports.map(toRow) }));
        } else {
          for (const line of formatTable(reports)) print(line);
          if (partition !== undefined) note(`cut into ${describeGroups(partition)}`);
        }
        if (leader === undefined) process.exitCode = EXIT_WITHOUT_LEADER;
      }),
    );
}
