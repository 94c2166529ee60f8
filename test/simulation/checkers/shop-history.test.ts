import { expect, test } from 'vitest';
import { RecordTree } from '../../../src/machine/record-tree.ts';
import { createRoot } from '../../../src/machine/root.ts';
import { shop } from '../../../src/machine/shop/shop.ts';
import { checkShopHistory, checkShopRecords } from '../../../src/simulation/checkers/shop-history.ts';
import { type Applied, committed, query } from './committed.ts';

const step = (kind: string, orderId: number, state: string, quantity = 2): Applied => ({
  machine: 'shop',
  body: { kind, orderId, userId: 1, productId: 1, quantity },
  result: {
    kind: 'order',
    order: { orderId, userId: 1, productId: 1, quantity, totalMinor: 5 * quantity, state },
  },
});
const product: Applied = {
  machine: 'shop',
  body: { kind: 'add-product', priceMinor: 5, stock: 3 },
  result: { kind: 'product', product: { productId: 1 } },
};
const created = step('create-order', 2, 'created');

const list = (...orderIds: readonly number[]) =>
  query('shop', { kind: 'list-orders', userId: 1 }, 2, {
    kind: 'orders',
    orders: orderIds.map((orderId) => ({ orderId, state: 'created' })),
  });
const user = (userId: number, name: string, email: string): Applied => ({
  machine: 'shop',
  body: { kind: 'register-user', name, email },
  result: { kind: 'user', user: { userId, name, email } },
});

function check(...applied: readonly Applied[]): void {
  checkShopHistory([], committed([product, ...applied]));
}

test('an order is created, paid and confirmed, or cancelled', () => {
  check(created, step('pay-order', 2, 'paid'), step('confirm-order', 2, 'confirmed'));
  check(created, step('cancel-order', 2, 'cancelled'), step('create-order', 3, 'created', 3));
});

test('more pieces than there are, a second payment, and any other illegal step are found', () => {
  expect(() => check(created, step('create-order', 3, 'created'))).toThrow('leaves -1 pieces');
  const paid = step('pay-order', 2, 'paid');
  expect(() => check(created, paid, paid)).toThrow('made order 2 paid after paid');
  expect(() => check(created, step('confirm-order', 2, 'confirmed'))).toThrow(
    'made order 2 confirmed after created',
  );
  const cancelled = step('cancel-order', 2, 'cancelled');
  expect(() => check(created, cancelled, cancelled)).toThrow('made order 2 cancelled after cancelled');
});

test('an order that costs another sum than its pieces is found', () => {
  check(
    {
      machine: 'shop',
      body: { kind: 'update-product', productId: 1, priceMinor: 5 },
      result: { kind: 'product' },
    },
    created,
  );
  const dearer = { kind: 'update-product', productId: 1, priceMinor: 6 };
  expect(() => check({ machine: 'shop', body: dearer, result: { kind: 'product' } }, created)).toThrow(
    '2 pieces of product 1 cost 10, by the books 12',
  );
});

test('an order that is not listed with its user is found', () => {
  checkShopHistory([list(2)], committed([product, created]));
  expect(() => checkShopHistory([list()], committed([product, created]))).toThrow(
    'saw the orders  of user 1',
  );
});

test('a name, whatever its case, or an address that two users have is found', () => {
  check(user(2, 'ada', 'a@example.com'), user(3, 'bob', 'b@example.com'), user(2, 'Ada', 'c@example.com'));
  for (const second of [user(3, 'ADA', 'b@example.com'), user(3, 'bob', 'a@example.com')]) {
    expect(() => check(user(2, 'ada', 'a@example.com'), second)).toThrow('gave user 3 a name or an address');
  }
});

test('a state whose counts and orders disagree is found', () => {
  const tree = new RecordTree();
  const root = createRoot([shop]);
  const body = { kind: 'add-product', name: 'p', description: '', priceMinor: 1, stock: 3 };
  const open = {
    machine: 'sessions',
    session: undefined,
    body: { kind: 'open', ttlMs: 60_000 },
    timeMs: 0,
    wallMs: 0,
  };
  root.apply(tree, open, { index: 1, term: 1 });
  const session = { id: 1, sequence: 1, ackedBelow: 1 };
  root.apply(tree, { machine: 'shop', session, body, timeMs: 0, wallMs: 0 }, { index: 2, term: 1 });
  checkShopRecords(tree);
  const [stored] = tree.range<object>('shop/p/', 'shop/p0');
  if (stored !== undefined) tree.put(stored[0], { ...stored[1], stock: 2 });
  expect(() => checkShopRecords(tree)).toThrow('product 2: stock 2, reserved 0, sold 0 of 3');
});
