import type { Command } from 'commander';
import { dataCommand, parseWhole, withClient } from '../data-command.ts';
import type { DataFlags } from '../data-command.ts';
import { accepted } from './refusal.ts';
import { printProduct } from './rows.ts';

interface Flags extends DataFlags {
  readonly price: number;
  readonly stock: number;
  readonly description?: string;
}

export function addAddProductCommand(parent: Command): void {
  dataCommand(parent, 'add <name>', 'Add a product', [
    'kvorum shop product add "Blue mug" --price 1250 --stock 40',
    'kvorum shop product add Lamp --price 4900 --description "For the desk"',
  ])
    .requiredOption('--price <minor>', 'in minor units, such as cents', parseWhole)
    .option('--stock <pieces>', 'how many there are', parseWhole, 0)
    .option('--description <text>', 'what it is')
    .action((name: string, flags: Flags) =>
      withClient(flags, async ({ client, call }) => {
        const { price: priceMinor, stock, description } = flags;
        const more = description === undefined ? {} : { description };
        const reply = await client.shop.products.add({ name, priceMinor, stock, ...more }, call);
        printProduct(accepted(reply).product, flags);
      }),
    );
}
