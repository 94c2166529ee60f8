import type { Command } from 'commander';
import { dataCommand, withClient } from '../data-command.ts';
import type { DataFlags } from '../data-command.ts';
import { note, printJson } from '../output.ts';
import { parseMemberId } from './member-id.ts';

export function addRemoveMemberCommand(parent: Command): void {
  dataCommand(parent, 'remove', 'Take a member out, for good', ['kvorum member remove 2'])
    .alias('rm')
    .argument('<id>', 'the member that goes', parseMemberId)
    .addHelpText('after', '\nThe node stops by itself. Its id is never used again.')
    .action((id: number, flags: DataFlags) =>
      withClient(flags, async ({ client, call }) => {
        await client.members.remove(id, call);
        if (flags.json === true) printJson({ removed: id });
        else note(`n${id} is removed`);
      }),
    );
}
