/**
 * The shop's books, kept anew from what the log says that it promised: stock is never below zero,
 * every piece is in stock, in an open order or sold, and an order is paid at most once and moves
 * only along its legal steps.
 */
import type {
  Order,
  OrderState,
  Product,
  ShopAnswer,
  ShopCommand,
  ShopResult,
} from '../../machine/shop/shop-types.ts';
import type { ReadRecords } from '../../machine/records.ts';
import { shop } from '../../machine/shop/shop.ts';
import type { CallRecord } from '../calls.ts';
import type { CommittedHistory } from '../reference.ts';
import { machineRecords } from '../machine-records.ts';
import { claim } from '../violation.ts';

const NAME = 'shop books';

interface Books {
  readonly stock: Map<number, number>;
  readonly orders: Map<number, { readonly productId: number; readonly quantity: number; state: OrderState }>;
}

type Read = { readonly index: number; readonly answer: ShopAnswer };

/** @throws Violation */
export function checkShopHistory(calls: readonly CallRecord[], reference: CommittedHistory): void {
  const books: Books = { stock: new Map(), orders: new Map() };
  const reads = readsOf(calls);
  let next = 0;
  for (const { index, logged, outcome, effective } of reference.entries.values()) {
    for (let read = reads[next]; read !== undefined && read.index < index; read = reads[++next])
      checkRead(books, read);
    if (logged.machine !== 'shop' || !effective || outcome.kind !== 'applied') continue;
    book(books, logged.body as ShopCommand, outcome.result as ShopResult, index);
  }
  for (const read of reads.slice(next)) checkRead(books, read);
  checkShopRecords(reference.tree, books);
}

/**
 * The books of a state by itself: the counts of each product and the orders that hold its pieces agree.
 *
 * @throws Violation
 */
export function checkShopRecords(records: ReadRecords, books?: Books): void {
  const answer = shop.query(machineRecords(records, 'shop'), {
    kind: 'list-products',
    after: 0,
    limit: 1000,
  });
  if (answer.kind !== 'products') return;
  const orders = ordersOf(records);
  for (const product of answer.products) {
    checkProduct(product, orders);
    const stock = books?.stock.get(product.productId);
    claim(
      books === undefined || stock === product.stock,
      NAME,
      () => `product ${product.productId} has ${product.stock} pieces in stock, by the books ${stock}`,
    );
  }
  for (const { orderId, state } of orders) {
    const booked = books?.orders.get(orderId)?.state;
    claim(
      books === undefined || booked === state,
      NAME,
      () => `order ${orderId} is ${state}, by the books ${booked}`,
    );
  }
}

function checkProduct(
  { productId, stock, reserved, sold, supplied }: Product,
  orders: readonly Order[],
): void {
  const what = (): string =>
    `product ${productId}: stock ${stock}, reserved ${reserved}, sold ${sold} of ${supplied}`;
  claim(stock >= 0 && supplied === stock + reserved + sold, NAME, what);
  const held = pieces(orders, productId, ['created', 'paid']);
  claim(held === reserved, NAME, () => `${what()}, but open orders hold ${held}`);
  const gone = pieces(orders, productId, ['confirmed']);
  claim(gone === sold, NAME, () => `${what()}, but confirmed orders hold ${gone}`);
}

function pieces(orders: readonly Order[], productId: number, states: readonly OrderState[]): number {
  let sum = 0;
  for (const order of orders)
    if (order.productId === productId && states.includes(order.state)) sum += order.quantity;
  return sum;
}

/** Orders as they stand in the records: `o/<id>`. */
function ordersOf(records: ReadRecords): readonly Order[] {
  return Array.from(machineRecords(records, 'shop').range<Order>('o/', 'o0'), ([, order]) => order);
}

function book(books: Books, command: ShopCommand, result: ShopResult, index: number): void {
  const { stock, orders } = books;
  if (result.kind === 'product' && command.kind === 'add-product')
    stock.set(result.product.productId, command.stock);
  if (result.kind === 'product' && command.kind === 'update-product') {
    move(books, command.productId, command.restock ?? 0, index);
  }
  if (result.kind === 'deleted') stock.delete(result.productId);
  if (result.kind !== 'order') return;
  const { orderId, productId, quantity, state } = result.order;
  const before = orders.get(orderId);
  claim(
    legal(before?.state, state) && STEPS[command.kind] === state,
    NAME,
    () => `entry ${index}: ${command.kind} made order ${orderId} ${state} after ${before?.state}`,
  );
  orders.set(orderId, { productId, quantity, state });
  if (before === undefined) move(books, productId, -quantity, index);
  else if (state === 'cancelled') move(books, before.productId, before.quantity, index);
}

function move({ stock }: Books, productId: number, by: number, index: number): void {
  const left = (stock.get(productId) ?? 0) + by;
  claim(left >= 0, NAME, () => `entry ${index} leaves ${left} pieces of product ${productId}`);
  stock.set(productId, left);
}

const STEPS: Readonly<Record<string, OrderState>> = {
  'create-order': 'created',
  'pay-order': 'paid',
  'confirm-order': 'confirmed',
  'cancel-order': 'cancelled',
};

function legal(before: OrderState | undefined, after: OrderState): boolean {
  switch (after) {
    case 'created':
      return before === undefined;
    case 'paid':
      return before === 'created';
    case 'confirmed':
      return before === 'paid';
    case 'cancelled':
      return before === 'created' || before === 'paid';
  }
}

function readsOf(calls: readonly CallRecord[]): readonly Read[] {
  const reads: Read[] = [];
  for (const { call, answer } of calls) {
    if (call.machine !== 'shop' || call.kind !== 'query' || answer.kind !== 'ok') continue;
    reads.push({ index: answer.index, answer: answer.result as ShopAnswer });
  }
  return reads.sort((a, b) => a.index - b.index);
}

function checkRead({ stock, orders }: Books, { index, answer }: Read): void {
  if (answer.kind === 'products') {
    for (const product of answer.products) {
      const booked = stock.get(product.productId);
      claim(
        booked === product.stock,
        NAME,
        () =>
          `a read at index ${index} saw ${product.stock} pieces of product ${product.productId}, by the books ${booked}`,
      );
    }
  }
  if (answer.kind === 'orders') {
    for (const { orderId, state } of answer.orders) {
      const booked = orders.get(orderId)?.state;
      claim(
        booked === state,
        NAME,
        () => `a read at index ${index} saw order ${orderId} ${state}, by the books ${booked}`,
      );
    }
  }
}
