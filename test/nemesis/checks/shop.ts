import type { Order, OrderState, Product } from '../../../src/machine/shop/shop-types.ts';
import { STOCK } from '../workloads/shop.ts';
import { operationsOf, tell } from './evidence.ts';
import type { Evidence } from './evidence.ts';
import type { Operation } from '../history.ts';

/** The order states from which a state may have followed, itself included. */
const AFTER: Readonly<Record<string, readonly OrderState[]>> = {
  'create-order': ['created', 'paid', 'confirmed', 'cancelled'],
  pay: ['paid', 'confirmed', 'cancelled'],
  confirm: ['confirmed'],
  cancel: ['cancelled'],
};

/** No piece is lost or sold twice, and every acknowledged step of an order was taken, once. */
export function checkShop(evidence: Evidence): readonly string[] {
  const operations = operationsOf(evidence, 'shop');
  const { products, orders } = evidence.final;
  const byId = new Map(orders.map((order) => [order.orderId, order]));
  return [
    ...products.flatMap((product) => checkProduct(product, orders, operations)),
    ...operations.flatMap((operation) => checkStep(operation, byId)),
    ...checkCounts(orders, operations),
  ];
}

function checkProduct(
  product: Product,
  orders: readonly Order[],
  operations: readonly Operation[],
): readonly string[] {
  const { productId, stock, reserved, sold, supplied } = product;
  const what = `product ${productId}: stock ${stock}, reserved ${reserved}, sold ${sold}, supplied ${supplied}`;
  const wrong: string[] = [];
  if (stock < 0 || supplied !== stock + reserved + sold) wrong.push(what);
  const pieces = (...states: readonly OrderState[]): number =>
    orders
      .filter((order) => order.productId === productId && states.includes(order.state))
      .reduce((sum, { quantity }) => sum + quantity, 0);
  if (pieces('created', 'paid') !== reserved)
    wrong.push(`${what}, but open orders hold ${pieces('created', 'paid')}`);
  if (pieces('confirmed') !== sold) wrong.push(`${what}, but confirmed orders hold ${pieces('confirmed')}`);
  const restocks = operations.filter(({ op, key }) => op === 'restock' && key === `product/${productId}`);
  const came = (outcome: Operation['outcome']): number =>
    restocks.filter((each) => each.outcome === outcome).reduce((sum, { value }) => sum + Number(value), 0);
  const least = STOCK + came('ok');
  if (supplied < least || supplied > least + came('unknown'))
    wrong.push(`${what}, but ${least} to ${least + came('unknown')} came in`);
  return wrong;
}

function checkStep(operation: Operation, orders: ReadonlyMap<number, Order>): readonly string[] {
  const { op, key, output, outcome } = operation;
  const states = AFTER[op];
  if (outcome !== 'ok' || states === undefined) return [];
  const orderId = op === 'create-order' ? Number(output) : Number(key.split('/')[1]);
  const order = orders.get(orderId);
  if (order === undefined) return [`${tell(operation)} was acknowledged, and order ${orderId} is lost`];
  return states.includes(order.state)
    ? []
    : [`${tell(operation)} was acknowledged, but the order is ${order.state}`];
}

/** By customer, since what was never answered has no number. */
function checkCounts(orders: readonly Order[], operations: readonly Operation[]): readonly string[] {
  const wrong: string[] = [];
  const created = operations.filter(({ op }) => op === 'create-order');
  for (const userId of new Set([...created.map(userOf), ...orders.map((order) => order.userId)])) {
    const mine = created.filter((operation) => userOf(operation) === userId);
    const least = mine.filter(({ outcome }) => outcome === 'ok').length;
    const most = least + mine.filter(({ outcome }) => outcome === 'unknown').length;
    const there = orders.filter((order) => order.userId === userId).length;
    if (there < least || there > most)
      wrong.push(`user ${userId} has ${there} orders, and asked for ${least} to ${most}`);
  }
  return wrong;
}

/** Who asked for an order. */
export function userOf({ value }: Operation): number {
  return (value as { readonly userId: number }).userId;
}
