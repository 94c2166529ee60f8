import fc from 'fast-check';
import { expect, test } from 'vitest';
import { eventsFrom } from '../../../src/machine/history.ts';
import { shop } from '../../../src/machine/shop/shop.ts';
import type {
  Order,
  PasswordHash,
  Product,
  ShopAnswer,
  ShopCommandRequest,
  ShopQueryRequest,
  ShopResult,
} from '../../../src/machine/shop/shop-types.ts';
import { all, Store } from '../store.ts';

const passwordHash: PasswordHash = {
  algorithm: 'scrypt',
  cost: 32_768,
  blockSize: 8,
  parallelization: 1,
  salt: new Uint8Array(16).fill(1),
  hash: new Uint8Array(64).fill(2),
};

function run(store: Store, command: ShopCommandRequest): ShopResult {
  return store.run('shop', command);
}

function ask(store: Store, query: ShopQueryRequest): ShopAnswer {
  return store.ask('shop', query);
}

function register(store: Store, name: string): number {
  const result = run(store, { kind: 'register-user', name, email: `${name}@example.org`, passwordHash });
  return result.kind === 'user' ? result.user.userId : 0;
}

function addProduct(store: Store, stock: number, priceMinor = 250): number {
  const result = run(store, { kind: 'add-product', name: 'Cup', priceMinor, stock });
  return result.kind === 'product' ? result.product.productId : 0;
}

function createOrder(store: Store, userId: number, productId: number, quantity: number): number {
  const result = run(store, { kind: 'create-order', userId, productId, quantity });
  return result.kind === 'order' ? result.order.orderId : 0;
}

function product(store: Store, productId: number): Product | undefined {
  const answer = ask(store, { kind: 'read-product', productId });
  return answer.kind === 'product' ? answer.product : undefined;
}

function reasonOf(result: ShopResult): string {
  return result.kind === 'refused' ? result.reason : result.kind;
}

test('a user registers once per name and email, whatever the case, and the hash is told only for a login', () => {
  const store = new Store([shop]);
  const userId = register(store, 'Ada');
  const other = register(store, 'grace');
  const taken = (name: string, email: string): string =>
    reasonOf(run(store, { kind: 'register-user', name, email, passwordHash }));
  expect(taken('ADA', 'new@example.org')).toBe('name-taken');
  expect(taken('new', 'ADA@Example.org')).toBe('email-taken');
  const user = { userId, name: 'Ada', email: 'ada@example.org', registeredWallMs: 5_001_000 };
  expect(ask(store, { kind: 'read-user', userId })).toEqual({ kind: 'user', user });
  expect(ask(store, { kind: 'find-user', name: 'ada' })).toEqual({ kind: 'user', user });
  expect(ask(store, { kind: 'read-user', userId: 99 })).toEqual({ kind: 'user' });
  expect(ask(store, { kind: 'login', name: 'aDa' })).toEqual({ kind: 'login', userId, passwordHash });
  expect(ask(store, { kind: 'login', name: 'nobody' })).toEqual({ kind: 'login' });
  expect(reasonOf(run(store, { kind: 'update-user', userId, name: 'Grace' }))).toBe('name-taken');
  expect(reasonOf(run(store, { kind: 'update-user', userId, email: 'grace@example.org' }))).toBe(
    'email-taken',
  );
  expect(reasonOf(run(store, { kind: 'update-user', userId: 99, name: 'x' }))).toBe('unknown-user');
  const cost = { ...passwordHash, cost: 65_536 };
  expect(run(store, { kind: 'update-user', userId, name: 'ADA', email: 'a@b', passwordHash: cost })).toEqual({
    kind: 'user',
    user: { ...user, name: 'ADA', email: 'a@b' },
  });
  expect(ask(store, { kind: 'login', name: 'ada' })).toEqual({ kind: 'login', userId, passwordHash: cost });
  expect(taken('new', 'ada@example.org')).toBe('user');
  const events = eventsFrom(store.tree, 1, Infinity);
  expect(events.map(({ kind, key }) => `${kind} ${key}`)).toEqual([
    `user-registered user/${userId}`,
    `user-registered user/${other}`,
    `user-updated user/${userId}`,
    `user-registered user/${store.index}`,
  ]);
  expect(JSON.stringify(events)).not.toContain('scrypt');
});

test('an order takes the stock, is paid once, and ends confirmed or cancelled', () => {
  const store = new Store([shop]);
  const userId = register(store, 'ada');
  const productId = addProduct(store, 5);
  const step = (kind: 'pay-order' | 'confirm-order' | 'cancel-order', orderId: number): string =>
    reasonOf(run(store, { kind, orderId }));
  const first = createOrder(store, userId, productId, 3);
  expect(product(store, productId)).toMatchObject({ stock: 2, reserved: 3, sold: 0, supplied: 5 });
  expect(reasonOf(run(store, { kind: 'create-order', userId, productId, quantity: 3 }))).toBe('out-of-stock');
  expect(reasonOf(run(store, { kind: 'create-order', userId: 99, productId, quantity: 1 }))).toBe(
    'unknown-user',
  );
  expect(reasonOf(run(store, { kind: 'create-order', userId, productId: 99, quantity: 1 }))).toBe(
    'unknown-product',
  );
  expect(step('confirm-order', first)).toBe('not-paid');
  expect(step('pay-order', first)).toBe('order');
  expect(step('pay-order', first)).toBe('already-paid');
  expect(reasonOf(run(store, { kind: 'delete-product', productId }))).toBe('product-in-use');
  expect(step('confirm-order', first)).toBe('order');
  for (const kind of ['confirm-order', 'cancel-order'] as const)
    expect(step(kind, first)).toBe('already-confirmed');
  expect(step('pay-order', first)).toBe('already-paid');
  expect(product(store, productId)).toMatchObject({ stock: 2, reserved: 0, sold: 3, supplied: 5 });

  const second = createOrder(store, userId, productId, 2);
  expect(step('pay-order', second)).toBe('order');
  expect(step('cancel-order', second)).toBe('order');
  for (const kind of ['pay-order', 'confirm-order', 'cancel-order'] as const) {
    expect(step(kind, second)).toBe('already-cancelled');
  }
  expect(product(store, productId)).toMatchObject({ stock: 2, reserved: 0, sold: 3 });
  expect(step('pay-order', 99)).toBe('unknown-order');
  expect(run(store, { kind: 'delete-product', productId })).toEqual({ kind: 'deleted', productId });
  expect(ask(store, { kind: 'read-order', orderId: first })).toMatchObject({
    order: { productName: 'Cup', priceMinor: 250, quantity: 3, totalMinor: 750, state: 'confirmed' },
  });
});

test('an order keeps the price at which it was made', () => {
  const store = new Store([shop]);
  const userId = register(store, 'ada');
  const productId = addProduct(store, 5, 100);
  const orderId = createOrder(store, userId, productId, 2);
  run(store, { kind: 'update-product', productId, priceMinor: 900, name: 'Mug', restock: 4 });
  expect(ask(store, { kind: 'read-order', orderId })).toMatchObject({
    order: { totalMinor: 200, productName: 'Cup' },
  });
  expect(product(store, productId)).toMatchObject({ name: 'Mug', priceMinor: 900, stock: 7, supplied: 9 });
  expect(reasonOf(run(store, { kind: 'update-product', productId, restock: -8 }))).toBe('out-of-stock');
  expect(reasonOf(run(store, { kind: 'update-product', productId, restock: 1_000_000_000_000 }))).toBe(
    'stock-limit',
  );
  expect(reasonOf(run(store, { kind: 'update-product', productId: 99 }))).toBe('unknown-product');
});

test('products and the orders of a user are listed page by page', () => {
  const store = new Store([shop]);
  const ada = register(store, 'ada');
  const bob = register(store, 'bob');
  const products = [1, 2, 3].map(() => addProduct(store, 10));
  const orders = [ada, bob, ada, ada].map((user) => createOrder(store, user, products[0]!, 1));
  const list = (query: ShopQueryRequest): unknown => {
    const answer = ask(store, query);
    if (answer.kind === 'products') return [answer.products.map((each) => each.productId), answer.more];
    return answer.kind === 'orders' ? [answer.orders.map((each) => each.orderId), answer.more] : answer;
  };
  expect(list({ kind: 'list-products' })).toEqual([products, false]);
  expect(list({ kind: 'list-products', limit: 2 })).toEqual([products.slice(0, 2), true]);
  expect(list({ kind: 'list-products', after: products[1]! })).toEqual([products.slice(2), false]);
  expect(list({ kind: 'list-orders', userId: ada })).toEqual([[orders[0], orders[2], orders[3]], false]);
  expect(list({ kind: 'list-orders', userId: ada, limit: 1, after: orders[0]! })).toEqual([
    [orders[2]],
    true,
  ]);
  expect(list({ kind: 'list-orders', userId: 99 })).toEqual([[], false]);
});

const LEGAL: Readonly<Record<string, readonly string[]>> = {
  none: ['created'],
  created: ['created', 'paid', 'cancelled'],
  paid: ['paid', 'confirmed', 'cancelled'],
  confirmed: ['confirmed'],
  cancelled: ['cancelled'],
};

test('no piece is lost or made, no step is illegal, and the records are equal on every node', () => {
  const pick = fc.nat(5);
  const steps = fc.array(
    fc.oneof(
      fc.record({
        kind: fc.constant('create-order' as const),
        user: pick,
        product: pick,
        quantity: fc.integer({ min: 1, max: 6 }),
      }),
      fc.record({
        kind: fc.constantFrom('pay-order' as const, 'confirm-order' as const, 'cancel-order' as const),
        order: pick,
      }),
      fc.record({
        kind: fc.constant('update-product' as const),
        product: pick,
        restock: fc.integer({ min: -5, max: 5 }),
      }),
      fc.record({ kind: fc.constant('delete-product' as const), product: pick }),
      fc.record({ kind: fc.constant('restart' as const) }),
    ),
    { maxLength: 80 },
  );
  fc.assert(
    fc.property(steps, (list) => {
      const store = new Store([shop]);
      const mirror = new Store([shop]);
      for (const each of [store, mirror]) {
        register(each, 'ada');
        register(each, 'bob');
      }
      const products = [8, 3].map((stock) => (addProduct(mirror, stock), addProduct(store, stock)));
      const orders: number[] = [];
      const states = new Map<number, string>();
      for (const step of list) {
        if (step.kind === 'restart') {
          store.restart();
          continue;
        }
        let command: ShopCommandRequest;
        if (step.kind === 'create-order') {
          const productId = products[step.product % 3] ?? 77;
          command = { kind: step.kind, userId: 2 + (step.user % 3), productId, quantity: step.quantity };
        } else if (step.kind === 'update-product') {
          command = { kind: step.kind, productId: products[step.product % 2]!, restock: step.restock };
        } else if (step.kind === 'delete-product') {
          command = { kind: step.kind, productId: products[step.product % 2]! };
        } else {
          command = { kind: step.kind, orderId: orders.at(-1 - step.order) ?? 77 };
        }
        const before = store.revision;
        const result = run(store, command);
        expect(run(mirror, command)).toEqual(result);
        expect(store.revision).toBe(before + (result.kind === 'refused' ? 0 : 1));
        if (result.kind === 'order') {
          const { orderId, state } = result.order;
          if (step.kind === 'create-order') orders.push(orderId);
          expect(LEGAL[states.get(orderId) ?? 'none']).toContain(state);
          expect(states.get(orderId)).not.toBe(state);
          states.set(orderId, state);
        }
      }
      const kept = orders.map((orderId) => {
        const answer = ask(store, { kind: 'read-order', orderId });
        return answer.kind === 'order' ? answer.order : undefined;
      });
      for (const productId of products) {
        const found = product(store, productId);
        if (found === undefined) continue;
        const pieces = (...wanted: Order['state'][]): number =>
          kept.reduce((sum, order) => {
            const counts = order?.productId === productId && wanted.includes(order.state);
            return sum + (counts ? order.quantity : 0);
          }, 0);
        expect(found.reserved).toBe(pieces('created', 'paid'));
        expect(found.sold).toBe(pieces('confirmed'));
        expect(found.stock).toBe(found.supplied - found.reserved - found.sold);
        expect(found.stock).toBeGreaterThanOrEqual(0);
      }
      expect(all(store.tree)).toEqual(all(mirror.tree));
    }),
  );
});

function refuse(body: unknown): string {
  const parsed = shop.parseCommand(body);
  return parsed.kind === 'parsed' ? 'parsed' : parsed.message;
}

test('what is no command is refused with the field', () => {
  const user = { kind: 'register-user', name: 'ada', email: 'ada@example.org', passwordHash };
  const hash = (more: object): string => refuse({ ...user, passwordHash: { ...passwordHash, ...more } });
  const item = { kind: 'add-product', name: 'Cup', priceMinor: 1, stock: 1 };
  const order = { kind: 'create-order', userId: 1, productId: 1, quantity: 1 };
  expect([
    refuse(user),
    refuse({ ...user, name: 'a b' }),
    refuse({ ...user, email: 'ada' }),
    refuse({ ...user, email: 'ada@b@c' }),
    refuse({ ...user, password: 'secret' }),
    hash({ algorithm: 'md5' }),
    hash({ cost: 30_000 }),
    hash({ cost: 2 ** 20 }),
    hash({ salt: new Uint8Array(8) }),
    hash({ hash: 'text' }),
    refuse(item),
    refuse({ ...item, priceMinor: -1 }),
    refuse({ ...item, priceMinor: 1.5 }),
    refuse({ ...item, stock: -1 }),
    refuse({ ...item, stock: Number.POSITIVE_INFINITY }),
    refuse(order),
    refuse({ ...order, quantity: 0 }),
    refuse({ ...order, quantity: 1000 }),
    refuse({ ...order, priceMinor: 1 }),
    refuse({ kind: 'pay-order' }),
  ]).toMatchInlineSnapshot(`
    [
      "parsed",
      "register-user.name must be letters, digits, dots, dashes and underscores, with a letter or digit first",
      "register-user.email must be an address such as ada@example.org",
      "register-user.email must be an address such as ada@example.org",
      "register-user has no field "password"",
      "register-user.passwordHash.algorithm must be one of scrypt",
      "passwordHash.cost must be a power of two",
      "passwordHash.cost times blockSize must not be above 1048576",
      "register-user.passwordHash.salt must hold at least 16 bytes",
      "register-user.passwordHash.hash must be bytes",
      "parsed",
      "add-product.priceMinor must be a whole number from 0 to 1000000000000",
      "add-product.priceMinor must be a whole number from 0 to 1000000000000",
      "add-product.stock must be a whole number from 0 to 1000000000000",
      "add-product.stock must be a whole number from 0 to 1000000000000",
      "parsed",
      "create-order.quantity must be a whole number from 1 to 999",
      "create-order.quantity must be a whole number from 1 to 999",
      "create-order has no field "priceMinor"",
      "pay-order.orderId must be a whole number from 1 to 9007199254740991",
    ]
  `);
});
