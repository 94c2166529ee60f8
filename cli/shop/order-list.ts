import type { Command } from 'commander';
import type { Order } from '../../src/machine/shop/shop-types.ts';
import { dataCommand, withClient } from '../data-command.ts';
import type { DataFlags } from '../data-command.ts';
import { printJson } from '../output.ts';
import { parseId } from './ids.ts';
import { printOrders } from './rows.ts';

export function addListOrdersCommand(parent: Command): void {
  dataCommand(parent, 'list <user-id>', 'List the orders of a user', [
    'kvorum shop order list 17',
    'kvorum shop order list 17 --json',
  ])
    .alias('ls')
    .action((user: string, flags: DataFlags) =>
      withClient(flags, async ({ client, call }) => {
        const orders: Order[] = [];
        for await (const order of client.shop.orders.list(parseId(user), call)) orders.push(order);
        if (flags.json === true) printJson({ orders });
        else printOrders(orders);
      }),
    );
}
