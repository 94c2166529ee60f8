import type { Command } from 'commander';
import { dataCommand, withClient } from '../data-command.ts';
import type { DataFlags } from '../data-command.ts';
import { notFound } from '../failure.ts';
import { printUser } from './rows.ts';

export function addShowUserCommand(parent: Command): void {
  dataCommand(parent, 'show <user>', 'Show a user, by id or by name', [
    'kvorum shop user show 17',
    'kvorum shop user show ada --json',
  ]).action((word: string, flags: DataFlags) =>
    withClient(flags, async ({ client, call }) => {
      const { users } = client.shop;
      const byId = /^\d{1,15}$/.test(word) ? await users.get(Number(word), call) : undefined;
      const user = byId ?? (await users.find(word, call));
      if (user === undefined) throw notFound(`there is no user ${word}`);
      printUser(user, flags);
    }),
  );
}
