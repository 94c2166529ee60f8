import type { Command } from 'commander';
import { dataCommand, withClient } from '../data-command.ts';
import type { DataFlags } from '../data-command.ts';
import { note, printJson } from '../output.ts';
import { parseMemberId } from './member-id.ts';
import { onceCaughtUp } from './once-caught-up.ts';

export function addPromoteMemberCommand(parent: Command): void {
  dataCommand(parent, 'promote', 'Give a vote to a learner, once it has caught up', [
    'kvorum member promote 4',
    'kvorum member promote 4 --timeout 10m',
  ])
    .argument('<id>', 'the learner', parseMemberId)
    .action((id: number, flags: DataFlags) =>
      withClient(flags, async (work) => {
        await onceCaughtUp(work, flags, id, (call) => work.client.members.promote(id, call));
        if (flags.json === true) printJson({ promoted: id });
        else note(`n${id} votes now`);
      }),
    );
}
