import type { Command } from 'commander';
import { dataCommand, withClient } from '../data-command.ts';
import type { DataFlags } from '../data-command.ts';
import { PASSWORD_FLAG, PASSWORD_HELP, readPassword } from './password.ts';
import { accepted } from './refusal.ts';
import { printUser } from './rows.ts';

interface Flags extends DataFlags {
  readonly passwordFile?: string;
}

export function addRegisterUserCommand(parent: Command): void {
  dataCommand(parent, 'register <name> <email>', 'Register a user', [
    'kvorum shop user register ada ada@example.org',
    'kvorum shop user register ada ada@example.org --password-file secret.txt',
  ])
    .option(PASSWORD_FLAG, PASSWORD_HELP)
    .action((name: string, email: string, flags: Flags) =>
      withClient(flags, async ({ client, call }) => {
        const password = await readPassword(flags.passwordFile, `password for ${name}: `);
        const { user } = accepted(await client.shop.users.register({ name, email, password }, call));
        printUser(user, flags);
      }),
    );
}
