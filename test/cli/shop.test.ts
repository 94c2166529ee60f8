import { expect, test } from 'vitest';
import { setUp } from '../client/fixture.ts';
import { run } from './run-cli.ts';

test('a user is registered with a password that is no argument, and logs in', async () => {
  const { cluster } = await setUp(1);
  const { endpoints } = cluster;
  const registered = await run(['shop', 'user', 'register', 'ada', 'ada@example.org', '--json'], {
    endpoints,
    input: 'secret\n',
  });
  expect(JSON.parse(registered.stdout)).toMatchObject({ name: 'ada', email: 'ada@example.org' });
  const env = { KVORUM_PASSWORD: 'secret' };
  expect(await run(['shop', 'user', 'login', 'ada'], { endpoints, env })).toMatchObject({ status: 0 });
  const denied = await run(['shop', 'user', 'login', 'ada', '--password-file', '-'], {
    endpoints,
    env,
    input: 'x',
  });
  expect(denied).toEqual({ status: 5, stdout: '', stderr: 'error: wrong name or password (DENIED)\n' });
  expect(await run(['shop', 'user', 'show', 'ADA'], { endpoints })).toMatchObject({ status: 0 });
  expect(await run(['shop', 'user', 'show', 'bob'], { endpoints })).toMatchObject({ status: 1 });
  const twice = await run(['shop', 'user', 'register', 'Ada', 'b@example.org'], { endpoints, env });
  expect(twice).toMatchObject({ status: 6 });
  expect(twice.stderr).toContain('(NAME_TAKEN)');
});

test('products and orders, from the shelf to the customer', async () => {
  const { cluster, client } = await setUp(1);
  const { endpoints } = cluster;
  const user = await client.shop.users.register({ name: 'ada', email: 'ada@example.org', password: 'p' });
  const userId = String(user.kind === 'user' ? user.user.userId : 0);
  const json = async (...args: string[]): Promise<Record<string, unknown>> => {
    const ended = await run(['shop', ...args, '--json'], { endpoints });
    expect(ended).toMatchObject({ status: 0, stderr: '' });
    return JSON.parse(ended.stdout) as Record<string, unknown>;
  };
  const status = async (...args: string[]): Promise<number | null> =>
    (await run(['shop', ...args], { endpoints })).status;
  const product = await json('product', 'add', 'Blue mug', '--price', '1250', '--stock', '2');
  const productId = String(product['productId']);
  expect(await json('product', 'update', productId, '--restock=-1', '--price', '1150')).toMatchObject({
    priceMinor: 1150,
    stock: 1,
  });
  const order = await json('order', 'create', userId, productId);
  const orderId = String(order['orderId']);
  expect(await status('order', 'create', userId, productId)).toBe(1);
  expect(await status('order', 'confirm', orderId)).toBe(1);
  expect(await status('product', 'delete', productId)).toBe(6);
  expect(await json('order', 'pay', orderId, '--reference', 'x1')).toMatchObject({ state: 'paid' });
  expect(await status('order', 'pay', orderId)).toBe(6);
  expect(await json('order', 'confirm', orderId)).toMatchObject({ state: 'confirmed' });
  expect(await json('order', 'list', userId)).toMatchObject({ orders: [{ state: 'confirmed' }] });
  expect(await json('product', 'list')).toMatchObject({ products: [{ sold: 1, stock: 0 }] });
  expect(await status('order', 'show', '999')).toBe(1);
  const { stdout } = await run(['shop', 'product', 'show', productId], { endpoints });
  expect(stdout).toMatch(
    /^PRODUCT {2}NAME {6}PRICE {2}STOCK {2}RESERVED {2}SOLD\n\d+ +Blue mug +1150 +0 +0 +1\n$/,
  );
});
