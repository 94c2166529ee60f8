import type { Command } from 'commander';
import { dataCommand, withClient } from '../data-command.ts';
import type { DataFlags } from '../data-command.ts';
import { badUsage } from '../failure.ts';
import { parseId } from './ids.ts';
import { PASSWORD_FLAG, PASSWORD_HELP, readPassword } from './password.ts';
import { accepted } from './refusal.ts';
import { printUser } from './rows.ts';

interface Flags extends DataFlags {
  readonly name?: string;
  readonly email?: string;
  readonly password?: boolean;
  readonly passwordFile?: string;
}

export function addUpdateUserCommand(parent: Command): void {
  dataCommand(parent, 'update <user-id>', 'Change a user', [
    'kvorum shop user update 17 --email ada@example.com',
    'kvorum shop user update 17 --password',
  ])
    .option('--name <name>', 'the new name')
    .option('--email <email>', 'the new address')
    .option('--password', 'set a new password')
    .option(PASSWORD_FLAG, PASSWORD_HELP)
    .action((id: string, flags: Flags) =>
      withClient(flags, async ({ client, call }) => {
        const { name, email } = flags;
        const newPassword = flags.password === true || flags.passwordFile !== undefined;
        if (name === undefined && email === undefined && !newPassword)
          throw badUsage('nothing is to be changed');
        const change = {
          ...(name === undefined ? {} : { name }),
          ...(email === undefined ? {} : { email }),
          ...(newPassword ? { password: await readPassword(flags.passwordFile, 'new password: ') } : {}),
        };
        const { user } = accepted(await client.shop.users.update(parseId(id), change, call));
        printUser(user, flags);
      }),
    );
}
