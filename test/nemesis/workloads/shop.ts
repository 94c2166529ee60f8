import { StoreError } from '../../../src/base/errors.ts';
import type { ShopReply } from '../../../src/client/shop-client.ts';
import { refused } from '../history.ts';
import type { Answer } from '../history.ts';
import type { Seat, Workload } from './workload.ts';

export const STOCK = 50;
const PASSWORD = 'correct horse';

/** Each client is a customer with orders of its own, and all buy the same few products. */
export function shopWorkload(seats: number): Workload {
  return {
    name: 'shop',
    seats,
    async run(seat: Seat): Promise<void> {
      const userId = await settle(seat, () => signUp(seat));
      if (userId === undefined) return;
      while (!seat.stopped) {
        const products = await seat.call({ op: 'list', key: 'products', reads: true }, () => list(seat));
        await seat.pause();
        if (products.outcome !== 'ok') continue;
        const ids = (products.output as readonly [number, number][]).map(([id]) => id);
        if (ids.length < 3) await addProduct(seat);
        else await buy(seat, userId, seat.random.pick(ids));
      }
    },
  };
}

/** Tries until it is done, or the run is over. */
async function settle<T>(seat: Seat, act: () => Promise<T>): Promise<T | undefined> {
  while (!seat.stopped) {
    try {
      return await act();
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      await seat.pause();
    }
  }
  return undefined;
}

async function signUp({ client, name }: Seat): Promise<number> {
  const known = await client.shop.users.find(name);
  if (known !== undefined) return known.userId;
  const email = `${name}@example.org`;
  const reply = await client.shop.users.register({ name, email, password: PASSWORD });
  if (reply.kind === 'refused') throw new StoreError('BAD_REQUEST', reply.message);
  return reply.user.userId;
}

async function list({ client }: Seat): Promise<Answer> {
  const found: [number, number][] = [];
  for await (const { productId, stock } of client.shop.products.list()) found.push([productId, stock]);
  return { output: found };
}

async function addProduct(seat: Seat): Promise<void> {
  await seat.call({ op: 'add-product', key: 'products', value: STOCK }, async () => {
    const reply = await seat.client.shop.products.add({ name: seat.name, priceMinor: 100, stock: STOCK });
    return reply.kind === 'refused'
      ? refused()
      : { output: reply.product.productId, revision: reply.revision };
  });
  await seat.pause();
}

async function buy(seat: Seat, userId: number, productId: number): Promise<void> {
  const { client, random } = seat;
  const key = `product/${productId}`;
  const quantity = random.integer(1, 3);
  let orderId: number | undefined;
  let soldOut = false;
  await seat.call({ op: 'create-order', key, value: { userId, quantity } }, async () => {
    const reply = await client.shop.orders.create({ userId, productId, quantity });
    if (reply.kind === 'refused') {
      soldOut = reply.reason === 'out-of-stock';
      return refused();
    }
    orderId = reply.order.orderId;
    return { output: orderId, revision: reply.revision };
  });
  await seat.pause();
  if (soldOut) {
    await seat.call({ op: 'restock', key, value: 10 }, async () => {
      const reply = await client.shop.products.update(productId, { restock: 10 });
      return reply.kind === 'refused' ? refused() : { revision: reply.revision };
    });
  }
  if (orderId !== undefined) await carryOut(seat, orderId);
}

async function carryOut(seat: Seat, orderId: number): Promise<void> {
  const { orders } = seat.client.shop;
  const step = async (op: string, act: () => Promise<ShopReply<'order'>>): Promise<boolean> => {
    const { outcome } = await seat.call({ op, key: `order/${orderId}` }, async () => {
      const reply = await act();
      return reply.kind === 'refused' ? refused() : { output: reply.order.state, revision: reply.revision };
    });
    await seat.pause();
    return outcome === 'ok';
  };
  if (seat.random.chance(0.2)) return void (await step('cancel', () => orders.cancel(orderId)));
  if (!(await step('pay', () => orders.pay(orderId, { paymentReference: `${orderId}` })))) return;
  if (seat.random.chance(0.2)) await step('cancel', () => orders.cancel(orderId));
  else if (seat.random.chance(0.9)) await step('confirm', () => orders.confirm(orderId));
}
