import type { Command } from 'commander';
import { dataCommand, withClient } from '../data-command.ts';
import type { DataFlags } from '../data-command.ts';
import { note, printJson } from '../output.ts';
import { parseMemberId } from './member-id.ts';
import { onceCaughtUp } from './once-caught-up.ts';

const HELP = `
A node that is not there yet does both in one command, on its own machine, with an empty directory:
  kvorum node --join ENDPOINTS --replace FORMER --port PORT --dir DIR`;

export function addReplaceMemberCommand(parent: Command): void {
  dataCommand(
    parent,
    'replace',
    'Give the vote of a member, which is removed, to a learner, once that has caught up',
    ['kvorum member replace 2 4'],
  )
    .argument('<former>', 'the member that goes', parseMemberId)
    .argument('<learner>', 'the learner that takes its place', parseMemberId)
    .addHelpText('after', HELP)
    .action((former: number, learner: number, flags: DataFlags) =>
      withClient(flags, async (work) => {
        const replace = (call: typeof work.call): Promise<void> =>
          work.client.members.replace(former, learner, call);
        await onceCaughtUp(work, flags, learner, replace);
        if (flags.json === true) printJson({ removed: former, promoted: learner });
        else note(`n${learner} votes now, n${former} is removed`);
      }),
    );
}
