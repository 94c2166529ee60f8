/**
 * The shop's books, kept anew from what the log says that it promised: stock is never below zero,
 * every piece is in stock, in an open order or sold, an order is paid at most once and moves only along
 * its legal steps, costs what its pieces cost and is listed with its user; names and addresses are unique.
 */
import type {
  Order,
  OrderState,
  Product,
  ShopAnswer,
  ShopCommand,
  ShopQuery,
  ShopResult,
  User,
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
  /** Of one piece, by product. */
  readonly prices: Map<number, number>;
  readonly orders: Map<number, BookedOrder>;
  readonly users: Map<number, Pick<User, 'name' | 'email'>>;
}

interface BookedOrder {
  readonly userId: number;
  readonly productId: number;
  readonly quantity: number;
  readonly state: OrderState;
}

interface Read {
  readonly index: number;
  readonly query: ShopQuery;
  readonly answer: ShopAnswer;
}

/** @throws Violation */
export function checkShopHistory(calls: readonly CallRecord[], reference: CommittedHistory): void {
  const books: Books = { stock: new Map(), prices: new Map(), orders: new Map(), users: new Map() };
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
  const { stock, orders, prices } = books;
  if (result.kind === 'user') bookUser(books, result.user, index);
  if (result.kind === 'product' && command.kind === 'add-product') {
    stock.set(result.product.productId, command.stock);
    prices.set(result.product.productId, command.priceMinor);
  }
  if (result.kind === 'product' && command.kind === 'update-product') {
    move(books, command.productId, command.restock ?? 0, index);
    if (command.priceMinor !== undefined) prices.set(command.productId, command.priceMinor);
  }
  if (result.kind === 'deleted') stock.delete(result.productId);
  if (result.kind !== 'order') return;
  const { orderId, userId, productId, quantity, state } = result.order;
  const before = orders.get(orderId);
  claim(
    legal(before?.state, state) && STEPS[command.kind] === state,
    NAME,
    () => `entry ${index}: ${command.kind} made order ${orderId} ${state} after ${before?.state}`,
  );
  orders.set(orderId, { userId, productId, quantity, state });
  if (command.kind === 'create-order') checkCost(books, command, result.order, index);
  if (before === undefined) move(books, productId, -quantity, index);
  else if (state === 'cancelled') move(books, before.productId, before.quantity, index);
}

function checkCost(
  { prices }: Books,
  { userId, productId, quantity }: Extract<ShopCommand, { kind: 'create-order' }>,
  order: Order,
  index: number,
): void {
  const totalMinor = (prices.get(productId) ?? 0) * quantity;
  const isAsAsked = order.userId === userId && order.productId === productId && order.quantity === quantity;
  claim(isAsAsked, NAME, () => `entry ${index} made another order than was asked for`);
  claim(
    order.totalMinor === totalMinor,
    NAME,
    () =>
      `entry ${index}: ${quantity} pieces of product ${productId} cost ${order.totalMinor}, by the books ${totalMinor}`,
  );
}

/** Names are unique whatever their case. */
function bookUser({ users }: Books, { userId, name, email }: User, index: number): void {
  for (const [otherId, other] of users) {
    if (otherId === userId) continue;
    const isUnique = other.name.toLowerCase() !== name.toLowerCase() && other.email !== email;
    claim(isUnique, NAME, () => `entry ${index} gave user ${userId} a name or an address of user ${otherId}`);
  }
  users.set(userId, { name, email });
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
    reads.push({
      index: answer.index,
      query: call.body as ShopQuery,
      answer: answer.result as ShopAnswer,
    });
  }
  return reads.sort((a, b) => a.index - b.index);
}

function checkRead({ stock, orders }: Books, { index, query, answer }: Read): void {
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
  if (answer.kind === 'orders' && query.kind === 'list-orders') {
    const booked = [...orders]
      .filter(([, { userId }]) => userId === query.userId)
      .map(([orderId]) => orderId);
    const listed = answer.orders.map(({ orderId }) => orderId);
    claim(
      listed.join() === booked.join(),
      NAME,
      () =>
        `a read at index ${index} saw the orders ${listed.join()} of user ${query.userId}, by the books ${booked.join()}`,
    );
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
