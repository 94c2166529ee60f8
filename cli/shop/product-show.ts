import type { Command } from 'commander';
import { dataCommand, withClient } from '../data-command.ts';
import type { DataFlags } from '../data-command.ts';
import { notFound } from '../failure.ts';
import { parseId } from './ids.ts';
import { printProduct } from './rows.ts';

export function addShowProductCommand(parent: Command): void {
  dataCommand(parent, 'show <product-id>', 'Show a product', [
    'kvorum shop product show 23',
    'kvorum shop product show 23 --json',
  ]).action((id: string, flags: DataFlags) =>
    withClient(flags, async ({ client, call }) => {
      const product = await client.shop.products.get(parseId(id), call);
      if (product === undefined) throw notFound(`there is no product ${id}`);
      printProduct(product, flags);
    }),
  );
}
