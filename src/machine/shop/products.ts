/** Products: `p/<id>`. Every change keeps `supplied = stock + reserved + sold`, and none below zero. */
import { assert, unreachable } from '../../base/assert.ts';
import { orderedKey } from '../binary-string.ts';
import { SUPPLIED_MAX } from '../limits.ts';
import type { Applied, At, MachineEvent } from '../machine.ts';
import type { ReadRecords, Records } from '../records.ts';
import { refuse } from './refusal.ts';
import type { Product, ProductCommand, ShopEventKind, ShopResult } from './shop-types.ts';

export function applyProductCommand(records: Records, command: ProductCommand, at: At): Applied<ShopResult> {
  if (command.kind === 'add-product') return addProduct(records, command, at);
  const product = readProduct(records, command.productId);
  if (product === undefined) return refuse('unknown-product', `there is no product ${command.productId}`);
  switch (command.kind) {
    case 'update-product':
      return updateProduct(records, product, command);
    case 'delete-product':
      return deleteProduct(records, product);
    default:
      return unreachable(command);
  }
}

export function readProduct(records: ReadRecords, productId: number): Product | undefined {
  return records.get(productKey(productId));
}

/** In the order in which they were added. */
export function* productsAfter(records: ReadRecords, after: number, limit: number): Generator<Product> {
  for (const [, product] of records.range<Product>(productKey(after + 1), 'p0', { limit })) yield product;
}

/** Stores a product whose pieces moved, and tells of it. */
export function moveStock(
  records: Records,
  product: Product,
  moved: Partial<Pick<Product, 'stock' | 'reserved' | 'sold'>>,
): MachineEvent {
  const after: Product = { ...product, ...moved };
  putProduct(records, after);
  return productEvent('stock-changed', after);
}

function addProduct(
  records: Records,
  command: Extract<ProductCommand, { kind: 'add-product' }>,
  at: At,
): Applied<ShopResult> {
  const { name, description, priceMinor, stock } = command;
  const pieces = { stock, reserved: 0, sold: 0, supplied: stock };
  const product: Product = { productId: at.index, name, description, priceMinor, ...pieces };
  putProduct(records, product);
  return changed('product-added', product);
}

function updateProduct(
  records: Records,
  before: Product,
  command: Extract<ProductCommand, { kind: 'update-product' }>,
): Applied<ShopResult> {
  const { kind: _, restock = 0, ...update } = command;
  const stock = before.stock + restock;
  const supplied = before.supplied + restock;
  if (stock < 0) {
    return refuse('out-of-stock', `${-restock} pieces cannot be written off: ${before.stock} are there`);
  }
  if (supplied > SUPPLIED_MAX) return refuse('stock-limit', `at most ${SUPPLIED_MAX} pieces can be supplied`);
  const after: Product = { ...before, ...update, stock, supplied };
  putProduct(records, after);
  return changed('product-updated', after);
}

function deleteProduct(records: Records, product: Product): Applied<ShopResult> {
  const { productId, reserved } = product;
  if (reserved > 0) {
    return refuse('product-in-use', `open orders hold ${reserved} pieces of product ${productId}`);
  }
  records.delete(productKey(productId));
  return { result: { kind: 'deleted', productId }, events: [productEvent('product-deleted', product)] };
}

function putProduct(records: Records, product: Product): void {
  const { stock, reserved, sold, supplied } = product;
  assert(stock >= 0, 'stock is never below zero');
  assert(reserved >= 0 && sold >= 0, 'no counter of pieces is below zero');
  assert(supplied === stock + reserved + sold, 'no piece is lost or made');
  records.put(productKey(product.productId), product);
}

function changed(kind: ShopEventKind, product: Product): Applied<ShopResult> {
  return { result: { kind: 'product', product }, events: [productEvent(kind, product)] };
}

function productEvent(kind: ShopEventKind, product: Product): MachineEvent {
  return { kind, key: `product/${product.productId}`, value: product };
}

function productKey(productId: number): string {
  return `p/${orderedKey(productId)}`;
}
