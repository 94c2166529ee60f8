/** Clients of the shop: users, products and orders that are made, paid, confirmed and cancelled, many at once. */
import type { Random } from '../../base/random.ts';
import type { ShopCommand, ShopQuery, ShopResult } from '../../machine/shop/shop-types.ts';
import type { Answer } from '../calls.ts';
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
  #names = 0;

  next(random: Random, submit: Submit): void {
    if (this.#users.length < USERS_MAX) this.#register(submit);
    else if (this.#products.length < PRODUCTS_MAX) this.#addProduct(random, submit);
    else if (random.chance(0.3)) this.#query(random, submit);
    else this.#command(random, submit);
  }

  check({ calls, reference }: FinishedRun): void {
    checkShopHistory(calls, reference);
  }

  #register(submit: Submit): void {
    const name = `user ${++this.#names}`;
    const email = `${this.#names}@example.com`;
    this.#send(submit, { kind: 'register-user', name, email, passwordHash: PASSWORD_HASH }, (result) => {
      if (result.kind === 'user') this.#users.push(result.user.userId);
    });
  }

  #addProduct(random: Random, submit: Submit): void {
    const name = `product ${++this.#names}`;
    const stock = random.integer(0, 10);
    this.#send(submit, { kind: 'add-product', name, description: '', priceMinor: 250, stock }, (result) => {
      if (result.kind === 'product') this.#products.push(result.product.productId);
    });
  }

  #command(random: Random, submit: Submit): void {
    const productId = random.pick(this.#products);
    const orderId = this.#orders.length === 0 ? 0 : random.pick(this.#orders.slice(-5));
    const choice = orderId === 0 ? 1 : random.integer(1, 12);
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
    else if (choice === 11)
      this.#send(submit, { kind: 'update-product', productId, restock: random.integer(-2, 5) });
    else this.#send(submit, { kind: 'delete-product', productId });
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
