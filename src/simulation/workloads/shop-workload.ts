/** Clients of the shop: users, products and orders that are made, paid, confirmed and cancelled, many at once. */
import type { Random } from '../../base/random.ts';
import type { ShopCommand, ShopQuery, ShopResult } from '../../machine/shop/shop-types.ts';
import type { Answer } from '../calls.ts';
import { checkEventsTellChanges } from '../checkers/events-tell-changes.ts';
import { checkShopHistory } from '../checkers/shop-history.ts';
import { drawReadKind } from './read-kinds.ts';
import type { FinishedRun, Submit, Workload } from './workload.ts';

const PASSWORD_HASH = {
  algorithm: 'scrypt',
  cost: 1024,
  blockSize: 8,
  parallelization: 1,
  salt: new Uint8Array(16),
  hash: new Uint8Array(32),
} as const;

const USERS_MAX = 3;
const PRODUCTS_MAX = 3;

export class ShopWorkload implements Workload {
  readonly name = 'shop';
  readonly #users: number[] = [];
  readonly #products: number[] = [];
  readonly #orders: number[] = [];
  /** Of users, as they were taken. */
  readonly #taken: { readonly name: string; readonly email: string }[] = [];
  #names = 0;

  next(random: Random, submit: Submit): void {
    if (this.#users.length < USERS_MAX) this.#register(submit);
    else if (this.#products.length < PRODUCTS_MAX) this.#addProduct(random, submit);
    else if (random.chance(0.3)) this.#query(random, submit);
    else this.#command(random, submit);
  }

  check({ calls, reference }: FinishedRun): void {
    checkShopHistory(calls, reference);
    checkEventsTellChanges(reference, 'shop');
  }

  #register(submit: Submit): void {
    const name = `user ${++this.#names}`;
    this.#registerAs(submit, name, `${this.#names}@example.com`);
  }

  #registerAs(submit: Submit, name: string, email: string): void {
    this.#send(submit, { kind: 'register-user', name, email, passwordHash: PASSWORD_HASH }, (result) => {
      if (result.kind !== 'user') return;
      this.#users.push(result.user.userId);
      this.#taken.push({ name, email });
    });
  }

  /** A name or an address that somebody has already, or had. */
  #registerTaken(random: Random, submit: Submit): void {
    const { name, email } = random.pick(this.#taken);
    const fresh = ++this.#names;
    if (random.chance(0.5)) this.#registerAs(submit, name.toUpperCase(), `${fresh}@example.com`);
    else this.#registerAs(submit, `user ${fresh}`, email);
  }

  #updateUser(random: Random, submit: Submit): void {
    const userId = random.pick(this.#users);
    const { name, email } = random.pick(this.#taken);
    const fresh = `user ${++this.#names}`;
    const change = random.pick([{ name }, { email }, { name: fresh }]);
    this.#send(submit, { kind: 'update-user', userId, ...change }, (result) => {
      if (result.kind === 'user') this.#taken.push(result.user);
    });
  }

  #addProduct(random: Random, submit: Submit): void {
    const name = `product ${++this.#names}`;
    const stock = random.integer(0, 10);
    const priceMinor = random.integer(1, 1000);
    this.#send(submit, { kind: 'add-product', name, description: '', priceMinor, stock }, (result) => {
      if (result.kind === 'product') this.#products.push(result.product.productId);
    });
  }

  #command(random: Random, submit: Submit): void {
    const productId = random.pick(this.#products);
    const orderId = this.#orders.length === 0 ? 0 : random.pick(this.#orders.slice(-5));
    const choice = orderId === 0 ? 1 : random.integer(1, 14);
    if (choice <= 4) {
      const userId = random.pick(this.#users);
      this.#send(
        submit,
        { kind: 'create-order', userId, productId, quantity: random.integer(1, 4) },
        (result) => {
          if (result.kind === 'order') this.#orders.push(result.order.orderId);
        },
      );
    } else if (choice <= 7)
      this.#send(submit, { kind: 'pay-order', orderId, paymentReference: `p${++this.#names}` });
    else if (choice <= 9) this.#send(submit, { kind: 'cancel-order', orderId });
    else if (choice === 10) this.#send(submit, { kind: 'confirm-order', orderId });
    else if (choice === 11) this.#updateProduct(random, submit, productId);
    else if (choice === 12) this.#registerTaken(random, submit);
    else if (choice === 13) this.#updateUser(random, submit);
    else this.#send(submit, { kind: 'delete-product', productId });
  }

  #updateProduct(random: Random, submit: Submit, productId: number): void {
    const change = random.chance(0.5)
      ? { restock: random.integer(-2, 5) }
      : { priceMinor: random.integer(1, 1000) };
    this.#send(submit, { kind: 'update-product', productId, ...change });
  }

  #query(random: Random, submit: Submit): void {
    const query: ShopQuery = random.chance(0.5)
      ? { kind: 'list-products', after: 0, limit: 100 }
      : { kind: 'list-orders', userId: random.pick(this.#users), after: 0, limit: 1000 };
    submit({ kind: 'query', machine: 'shop', body: query, ...drawReadKind(random) });
  }

  #send(submit: Submit, body: ShopCommand, done?: (result: ShopResult) => void): void {
    submit({ kind: 'command', machine: 'shop', body }, (answer: Answer) => {
      if (answer.kind === 'ok') done?.(answer.result as ShopResult);
    });
  }
}
