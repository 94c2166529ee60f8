import type { Command } from 'commander';
import { dataCommand, withClient } from '../data-command.ts';
import type { DataFlags } from '../data-command.ts';
import { notFound } from '../failure.ts';
import { parseId } from './ids.ts';
import { printOrder } from './rows.ts';

export function addShowOrderCommand(parent: Command): void {
  dataCommand(parent, 'show <order-id>', 'Show an order', [
    'kvorum shop order show 31',
    'kvorum shop order show 31 --json',
  ]).action((id: string, flags: DataFlags) =>
    withClient(flags, async ({ client, call }) => {
      const order = await client.shop.orders.get(parseId(id), call);
      if (order === undefined) throw notFound(`there is no order ${id}`);
      printOrder(order, flags);
    }),
  );
}
