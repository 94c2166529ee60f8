import type { Command } from 'commander';
import { dataCommand, withClient } from '../data-command.ts';
import type { DataFlags } from '../data-command.ts';
import { EXIT } from '../exit-status.ts';
import { CommandFailure } from '../failure.ts';
import { PASSWORD_FLAG, PASSWORD_HELP, readPassword } from './password.ts';
import { printUser } from './rows.ts';

interface Flags extends DataFlags {
  readonly passwordFile?: string;
}

export function addLoginCommand(parent: Command): void {
  dataCommand(parent, 'login <name>', 'Check the password of a user', [
    'kvorum shop user login ada',
    'kvorum shop user login ada --password-file secret.txt',
  ])
    .option(PASSWORD_FLAG, PASSWORD_HELP)
    .action((name: string, flags: Flags) =>
      withClient(flags, async ({ client, call }) => {
        const password = await readPassword(flags.passwordFile, `password of ${name}: `);
        const user = await client.shop.users.login(name, password, call);
        if (user === undefined) throw new CommandFailure('DENIED', EXIT.denied, 'wrong name or password');
        printUser(user, flags);
      }),
    );
}
