import type { Command } from 'commander';
import { connect } from '../../src/client/client.ts';
import { membershipCommand } from './membership-options.ts';
import type { MembershipFlags } from './membership-options.ts';
import { resolveNode } from './node-argument.ts';
import { printDone, withCluster } from './run.ts';

export function addRemoveNodeCommand(parent: Command): void {
  membershipCommand(parent, 'remove <node>', 'Take a node out of the cluster, and stop it').action(
    (word: string, flags: MembershipFlags) =>
      withCluster(flags, async (cluster) => {
        const id = await resolveNode(cluster, word);
        await using client = connect(cluster.endpoints, {
          name: 'kvorum cluster',
          timeoutMs: flags.timeout,
        });
        await client.members.remove(id);
        await cluster.stop([id]);
        cluster.forget(id);
        printDone(flags, { removed: id }, `removed n${id}`);
      }),
  );
}
