import type { Command } from 'commander';
import type { Product } from '../../src/machine/shop/shop-types.ts';
import { dataCommand, withClient } from '../data-command.ts';
import type { DataFlags } from '../data-command.ts';
import { printJson } from '../output.ts';
import { printProducts } from './rows.ts';

export function addListProductsCommand(parent: Command): void {
  dataCommand(parent, 'list', 'List all products', [
    'kvorum shop product list',
    'kvorum shop product list --json',
  ])
    .alias('ls')
    .action((flags: DataFlags) =>
      withClient(flags, async ({ client, call }) => {
        const products: Product[] = [];
        for await (const product of client.shop.products.list(call)) products.push(product);
        if (flags.json === true) printJson({ products });
        else printProducts(products);
      }),
    );
}
