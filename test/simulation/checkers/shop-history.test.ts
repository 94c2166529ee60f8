import { expect, test } from 'vitest';
import { RecordTree } from '../../../src/machine/record-tree.ts';
import { createRoot } from '../../../src/machine/root.ts';
import { shop } from '../../../src/machine/shop/shop.ts';
import { checkShopHistory, checkShopRecords } from '../../../src/simulation/checkers/shop-history.ts';
import { type Applied, committed } from './committed.ts';

const step = (kind: string, orderId: number, state: string, quantity = 2): Applied => ({
  machine: 'shop',
  body: { kind, orderId },
  result: { kind: 'order', order: { orderId, productId: 1, quantity, state } },
});
const product: Applied = {
  machine: 'shop',
  body: { kind: 'add-product', stock: 3 },
  result: { kind: 'product', product: { productId: 1 } },
};
const created = step('create-order', 2, 'created');

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
