/**
 * Orders: `o/<id>`, and `ou/<user>/<id>` to list those of a user. The legal steps are created →
 * paid → confirmed, and created or paid → cancelled; each moves the pieces of the product with it.
 */
import { assert, present, unreachable } from '../../base/assert.ts';
import { fromOrderedKey, ORDERED_KEY_LENGTH, orderedKey } from '../binary-string.ts';
import type { Applied, At, MachineEvent } from '../machine.ts';
import type { ReadRecords, Records } from '../records.ts';
import { moveStock, readProduct } from './products.ts';
import { refuse } from './refusal.ts';
import type {
  Order,
  OrderCommand,
  OrderState,
  Product,
  ShopEventKind,
  ShopRefusal,
  ShopResult,
} from './shop-types.ts';
import { readUser } from './users.ts';

export function applyOrderCommand(records: Records, command: OrderCommand, at: At): Applied<ShopResult> {
  if (command.kind === 'create-order') return createOrder(records, command, at);
  const order = readOrder(records, command.orderId);
  if (order === undefined) return refuse('unknown-order', `there is no order ${command.orderId}`);
  const reason = illegal(order.state, command.kind);
  if (reason !== undefined) return refuse(reason, `order ${order.orderId} is ${order.state}`);
  const wallMs = at.wallMs;
  switch (command.kind) {
    case 'pay-order': {
      const { paymentReference } = command;
      const reference = paymentReference === undefined ? {} : { paymentReference };
      return changed(records, 'order-paid', { ...order, state: 'paid', ...reference, paidWallMs: wallMs });
    }
    case 'confirm-order': {
      const confirmed: Order = { ...order, state: 'confirmed', closedWallMs: wallMs };
      return changed(records, 'order-confirmed', confirmed, sell(records, order));
    }
    case 'cancel-order': {
      const cancelled: Order = { ...order, state: 'cancelled', closedWallMs: wallMs };
      return changed(records, 'order-cancelled', cancelled, giveBack(records, order));
    }
    default:
      return unreachable(command);
  }
}

export function readOrder(records: ReadRecords, orderId: number): Order | undefined {
  return records.get(orderKey(orderId));
}

/** Of one user, in the order in which they were made. */
export function* ordersOf(
  records: ReadRecords,
  userId: number,
  after: number,
  limit: number,
): Generator<Order> {
  const end = `ou/${orderedKey(userId)}0`;
  for (const [key] of records.range(orderOfUserKey(userId, after + 1), end, { limit })) {
    const orderId = fromOrderedKey(key.slice(-ORDERED_KEY_LENGTH));
    yield present(readOrder(records, orderId), 'an order that a user has is there');
  }
}

function createOrder(
  records: Records,
  command: Extract<OrderCommand, { kind: 'create-order' }>,
  at: At,
): Applied<ShopResult> {
  const { userId, productId, quantity } = command;
  if (readUser(records, userId) === undefined) return refuse('unknown-user', `there is no user ${userId}`);
  const product = readProduct(records, productId);
  if (product === undefined) return refuse('unknown-product', `there is no product ${productId}`);
  const { name, priceMinor, stock, reserved } = product;
  if (stock < quantity) return refuse('out-of-stock', `${stock} pieces of product ${productId} are left`);
  const totalMinor = priceMinor * quantity;
  assert(Number.isSafeInteger(totalMinor), 'limits keep the total a safe integer');
  const order: Order = {
    orderId: at.index,
    userId,
    productId,
    productName: name,
    priceMinor,
    quantity,
    totalMinor,
    state: 'created',
    createdWallMs: at.wallMs,
  };
  const taken = moveStock(records, product, { stock: stock - quantity, reserved: reserved + quantity });
  records.put(orderOfUserKey(userId, order.orderId), 1);
  return changed(records, 'order-created', order, taken);
}

/** Why a step does not fit the state of an order; undefined if it does. */
function illegal(
  state: OrderState,
  step: Exclude<OrderCommand['kind'], 'create-order'>,
): ShopRefusal | undefined {
  switch (state) {
    case 'created':
      return step === 'confirm-order' ? 'not-paid' : undefined;
    case 'paid':
      return step === 'pay-order' ? 'already-paid' : undefined;
    case 'confirmed':
      return step === 'pay-order' ? 'already-paid' : 'already-confirmed';
    case 'cancelled':
      return 'already-cancelled';
    default:
      return unreachable(state);
  }
}

function sell(records: Records, order: Order): MachineEvent {
  const product = productOf(records, order);
  const { reserved, sold } = product;
  return moveStock(records, product, { reserved: reserved - order.quantity, sold: sold + order.quantity });
}

function giveBack(records: Records, order: Order): MachineEvent {
  const product = productOf(records, order);
  const { stock, reserved } = product;
  return moveStock(records, product, { stock: stock + order.quantity, reserved: reserved - order.quantity });
}

function productOf(records: Records, order: Order): Product {
  return present(readProduct(records, order.productId), 'a product with open orders is not deleted');
}

/** The order first, then what it did to the stock. */
function changed(
  records: Records,
  kind: ShopEventKind,
  order: Order,
  ...others: readonly MachineEvent[]
): Applied<ShopResult> {
  records.put(orderKey(order.orderId), order);
  const event: MachineEvent = { kind, key: `order/${order.orderId}`, value: order };
  return { result: { kind: 'order', order }, events: [event, ...others] };
}

function orderKey(orderId: number): string {
  return `o/${orderedKey(orderId)}`;
}

function orderOfUserKey(userId: number, orderId: number): string {
  return `ou/${orderedKey(userId)}/${orderedKey(orderId)}`;
}
