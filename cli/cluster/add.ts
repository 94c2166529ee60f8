import type { Command } from 'commander';
import { joinNode } from '../../cluster/join-node.ts';
import { membershipCommand } from './membership-options.ts';
import type { MembershipFlags } from './membership-options.ts';
import { printDone, withCluster } from './run.ts';
import { untilVoting } from './until-voting.ts';

interface AddFlags extends MembershipFlags {
  readonly learner?: boolean;
}

export function addAddNodeCommand(parent: Command): void {
  membershipCommand(parent, 'add', 'Start one more node, which joins the cluster')
    .option('--learner', 'without a vote')
    .action((flags: AddFlags) =>
      withCluster(flags, async (cluster) => {
        const { learner = false, timeout: timeoutMs } = flags;
        const id = await joinNode(cluster, { wantsVote: !learner, timeoutMs });
        if (!learner) await untilVoting(cluster, id, timeoutMs);
        const address = cluster.addressOf(id);
        printDone(flags, { added: id, address }, `added n${id} at ${address}${learner ? ', a learner' : ''}`);
      }),
    );
}
