import type { Command } from 'commander';
import { dataCommand, withClient } from '../data-command.ts';
import type { DataFlags } from '../data-command.ts';
import { note, printJson } from '../output.ts';
import { parseId } from './ids.ts';
import { accepted } from './refusal.ts';

export function addDeleteProductCommand(parent: Command): void {
  dataCommand(parent, 'delete <product-id>', 'Delete a product that no open order holds', [
    'kvorum shop product delete 23',
  ]).action((id: string, flags: DataFlags) =>
    withClient(flags, async ({ client, call }) => {
      const { productId } = accepted(await client.shop.products.delete(parseId(id), call));
      if (flags.json === true) printJson({ productId, deleted: true });
      else note(`deleted product ${productId}`);
    }),
  );
}
