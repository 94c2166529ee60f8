/** The steps of an order after it was made: pay, confirm, cancel. */
import type { Command } from 'commander';
import { dataCommand, withClient } from '../data-command.ts';
import type { DataFlags } from '../data-command.ts';
import { parseId } from './ids.ts';
import { accepted } from './refusal.ts';
import { printOrder } from './rows.ts';

interface PayFlags extends DataFlags {
  readonly reference?: string;
}

export function addPayCommand(parent: Command): void {
  dataCommand(parent, 'pay <order-id>', 'Take note of the payment of an order, once', [
    'kvorum shop order pay 31 --reference invoice-8812',
  ])
    .option('--reference <text>', 'what the payment is known by elsewhere')
    .action((id: string, flags: PayFlags) =>
      withClient(flags, async ({ client, call }) => {
        const payment = flags.reference === undefined ? {} : { paymentReference: flags.reference };
        const reply = await client.shop.orders.pay(parseId(id), { ...call, ...payment });
        printOrder(accepted(reply).order, flags);
      }),
    );
}

export function addConfirmCommand(parent: Command): void {
  dataCommand(parent, 'confirm <order-id>', 'Confirm a paid order', ['kvorum shop order confirm 31']).action(
    (id: string, flags: DataFlags) =>
      withClient(flags, async ({ client, call }) => {
        printOrder(accepted(await client.shop.orders.confirm(parseId(id), call)).order, flags);
      }),
  );
}

export function addCancelCommand(parent: Command): void {
  dataCommand(parent, 'cancel <order-id>', 'Cancel an order: gives the pieces back', [
    'kvorum shop order cancel 31',
  ]).action((id: string, flags: DataFlags) =>
    withClient(flags, async ({ client, call }) => {
      printOrder(accepted(await client.shop.orders.cancel(parseId(id), call)).order, flags);
    }),
  );
}
