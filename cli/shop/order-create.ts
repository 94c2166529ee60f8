import type { Command } from 'commander';
import { dataCommand, parseWhole, withClient } from '../data-command.ts';
import type { DataFlags } from '../data-command.ts';
import { parseId } from './ids.ts';
import { accepted } from './refusal.ts';
import { printOrder } from './rows.ts';

interface Flags extends DataFlags {
  readonly quantity: number;
}

export function addCreateOrderCommand(parent: Command): void {
  dataCommand(
    parent,
    'create <user-id> <product-id>',
    'Order pieces of a product: takes them from the stock',
    ['kvorum shop order create 17 23', 'kvorum shop order create 17 23 --quantity 2 --json'],
  )
    .option('--quantity <pieces>', 'how many', parseWhole, 1)
    .action((user: string, product: string, flags: Flags) =>
      withClient(flags, async ({ client, call }) => {
        const { quantity } = flags;
        const order = { userId: parseId(user), productId: parseId(product), quantity };
        printOrder(accepted(await client.shop.orders.create(order, call)).order, flags);
      }),
    );
}
