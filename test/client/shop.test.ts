import { expect, test } from 'vitest';
import { hashPassword, verifyPassword } from '../../src/client/password.ts';
import { setUp } from './fixture.ts';

test('a password is recognised, and no other', async () => {
  const hash = await hashPassword('correct horse');
  expect(hash.cost).toBeGreaterThanOrEqual(2 ** 15);
  expect(await verifyPassword('correct horse', hash)).toBe(true);
  expect(await verifyPassword('Correct horse', hash)).toBe(false);
  expect(await verifyPassword('correct horse', undefined)).toBe(false);
  await expect(hashPassword('')).rejects.toMatchObject({ code: 'BAD_REQUEST' });
});

test('two hashes of one password differ', async () => {
  const [first, second] = await Promise.all([hashPassword('same'), hashPassword('same')]);
  expect(first.hash).not.toEqual(second.hash);
});

test('a user registers, logs in and changes the password; no password leaves the client', async () => {
  const { cluster, client } = await setUp(1);
  const { users } = client.shop;
  const reply = await users.register({ name: 'ada', email: 'Ada@Example.org', password: 'first' });
  expect(reply).toMatchObject({ kind: 'user', user: { name: 'ada', email: 'ada@example.org' } });
  expect(await users.login('ada', 'first')).toMatchObject({ name: 'ada' });
  expect(await users.login('ada', 'second')).toBeUndefined();
  expect(await users.login('nobody', 'first')).toBeUndefined();
  const userId = reply.kind === 'user' ? reply.user.userId : 0;
  await users.update(userId, { password: 'second' });
  expect(await users.login('ADA', 'second')).toMatchObject({ userId });
  expect(JSON.stringify(cluster.seen)).not.toMatch(/first|second/);
});

test('an order takes stock, is paid once, and gives the stock back', async () => {
  const { client } = await setUp(1);
  const { users, products, orders } = client.shop;
  const user = await users.register({ name: 'ada', email: 'ada@example.org', password: 'p' });
  const product = await products.add({ name: 'Mug', priceMinor: 1_250, stock: 3 });
  if (user.kind !== 'user' || product.kind !== 'product') throw new Error('not accepted');
  const { userId } = user.user;
  const { productId } = product.product;
  const order = await orders.create({ userId, productId, quantity: 2 });
  expect(order).toMatchObject({ kind: 'order', order: { totalMinor: 2_500, state: 'created' } });
  const orderId = order.kind === 'order' ? order.order.orderId : 0;
  expect(await orders.create({ userId, productId, quantity: 2 })).toMatchObject({ reason: 'out-of-stock' });
  expect(await orders.pay(orderId, { paymentReference: 'x1' })).toMatchObject({ order: { state: 'paid' } });
  expect(await orders.pay(orderId)).toMatchObject({ kind: 'refused', reason: 'already-paid' });
  expect(await orders.cancel(orderId)).toMatchObject({ order: { state: 'cancelled' } });
  expect(await products.get(productId)).toMatchObject({ stock: 3, reserved: 0 });
  const listed = [];
  for await (const each of orders.list(userId)) listed.push(each.orderId);
  expect(listed).toEqual([orderId]);
});
