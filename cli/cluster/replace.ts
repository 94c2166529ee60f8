import type { Command } from 'commander';
import { joinNode } from '../../cluster/join-node.ts';
import { membershipCommand } from './membership-options.ts';
import type { MembershipFlags } from './membership-options.ts';
import { resolveNode } from './node-argument.ts';
import { printDone, withCluster } from './run.ts';
import { untilVoting } from './until-voting.ts';

const HELP = `
The new node begins with an empty directory and catches up without a vote; then one change gives it the
vote and takes the old one out. The old node may be dead; if it lives, it is stopped in the end.`;

export function addReplaceNodeCommand(parent: Command): void {
  membershipCommand(parent, 'replace <node>', 'Replace a node, dead or not, by a fresh one')
    .addHelpText('after', HELP)
    .action((word: string, flags: MembershipFlags) =>
      withCluster(flags, async (cluster) => {
        const { timeout: timeoutMs } = flags;
        const former = await resolveNode(cluster, word);
        const id = await joinNode(cluster, { wantsVote: true, replaces: former, timeoutMs });
        await untilVoting(cluster, id, timeoutMs);
        await cluster.stop([former]);
        cluster.forget(former);
        printDone(flags, { replaced: former, by: id }, `replaced n${former} by n${id}`);
      }),
    );
}
