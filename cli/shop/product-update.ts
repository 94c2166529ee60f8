import { InvalidArgumentError } from 'commander';
import type { Command } from 'commander';
import { dataCommand, parseWhole, withClient } from '../data-command.ts';
import type { DataFlags } from '../data-command.ts';
import { badUsage } from '../failure.ts';
import { parseId } from './ids.ts';
import { accepted } from './refusal.ts';
import { printProduct } from './rows.ts';

interface Flags extends DataFlags {
  readonly name?: string;
  readonly description?: string;
  readonly price?: number;
  readonly restock?: number;
}

export function addUpdateProductCommand(parent: Command): void {
  dataCommand(parent, 'update <product-id>', 'Change a product, or its stock', [
    'kvorum shop product update 23 --price 1150',
    'kvorum shop product update 23 --restock 20',
    'kvorum shop product update 23 --restock=-2     # two broke',
  ])
    .option('--name <name>', 'the new name')
    .option('--description <text>', 'the new description')
    .option('--price <minor>', 'the new price, in minor units', parseWhole)
    .option('--restock <pieces>', 'pieces that come in, or below zero, are written off', parseSigned)
    .action((id: string, flags: Flags) =>
      withClient(flags, async ({ client, call }) => {
        const { name, description, price, restock } = flags;
        const change = {
          ...(name === undefined ? {} : { name }),
          ...(description === undefined ? {} : { description }),
          ...(price === undefined ? {} : { priceMinor: price }),
          ...(restock === undefined ? {} : { restock }),
        };
        if (Object.keys(change).length === 0) throw badUsage('nothing is to be changed');
        const reply = await client.shop.products.update(parseId(id), change, call);
        printProduct(accepted(reply).product, flags);
      }),
    );
}

function parseSigned(text: string): number {
  if (!/^[+-]?\d{1,15}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(text);
}
