import { StoreError } from '../base/errors.ts';
import type { Revision } from '../base/flavor.ts';
import type {
  Order,
  Product,
  ShopAnswer,
  ShopCommandRequest,
  ShopQueryRequest,
  ShopResult,
  User,
} from '../machine/shop/shop-types.ts';
import type { Courier } from './courier.ts';
import type { CallOptions, ReadOptions } from './options.ts';
import { hashPassword, verifyPassword } from './password.ts';

/** What a command came to: done, or refused for a reason of the business. Nothing changed if it was refused. */
export type ShopReply<Kind extends ShopResult['kind']> = Extract<ShopResult, { kind: Kind | 'refused' }> & {
  /** Of the store after it. */
  readonly revision: Revision;
};

export interface NewUser {
  readonly name: string;
  readonly email: string;
  readonly password: string;
}

export interface NewProduct {
  readonly name: string;
  readonly description?: string;
  /** In minor units, such as cents. */
  readonly priceMinor: number;
  readonly stock: number;
}

export interface ProductChange {
  readonly name?: string;
  readonly description?: string;
  readonly priceMinor?: number;
  /** Pieces that come in, or below zero, are written off. */
  readonly restock?: number;
}

export interface NewOrder {
  readonly userId: number;
  readonly productId: number;
  readonly quantity: number;
}

/** The shop: users, products and orders, in one order of changes. */
export class ShopClient {
  readonly users: ShopUsers;
  readonly products: ShopProducts;
  readonly orders: ShopOrders;

  constructor(courier: Courier) {
    const desk = new ShopDesk(courier);
    this.users = new ShopUsers(desk);
    this.products = new ShopProducts(desk);
    this.orders = new ShopOrders(desk);
  }
}

/** Users of the shop. Passwords are hashed here, and never leave the process. */
export class ShopUsers {
  readonly #desk: ShopDesk;

  constructor(desk: ShopDesk) {
    this.#desk = desk;
  }

  async register({ name, email, password }: NewUser, options: CallOptions = {}): Promise<ShopReply<'user'>> {
    const passwordHash = await hashPassword(password);
    return this.#desk.command('user', { kind: 'register-user', name, email, passwordHash }, options);
  }

  async update(
    userId: number,
    { password, ...change }: Partial<NewUser>,
    options: CallOptions = {},
  ): Promise<ShopReply<'user'>> {
    const passwordHash = password === undefined ? {} : { passwordHash: await hashPassword(password) };
    return this.#desk.command('user', { kind: 'update-user', userId, ...change, ...passwordHash }, options);
  }

  /** The user, if the password is right; undefined otherwise, whichever of the two is wrong. */
  async login(name: string, password: string, options: CallOptions = {}): Promise<User | undefined> {
    const { userId, passwordHash } = await this.#desk.query('login', { kind: 'login', name }, options);
    if (!(await verifyPassword(password, passwordHash)) || userId === undefined) return undefined;
    return this.get(userId, options);
  }

  async get(userId: number, options: ReadOptions = {}): Promise<User | undefined> {
    const { user } = await this.#desk.query('user', { kind: 'read-user', userId }, options);
    return user;
  }

  /** By name, whatever its case. */
  async find(name: string, options: ReadOptions = {}): Promise<User | undefined> {
    const { user } = await this.#desk.query('user', { kind: 'find-user', name }, options);
    return user;
  }
}

export class ShopProducts {
  readonly #desk: ShopDesk;

  constructor(desk: ShopDesk) {
    this.#desk = desk;
  }

  add(product: NewProduct, options: CallOptions = {}): Promise<ShopReply<'product'>> {
    return this.#desk.command('product', { kind: 'add-product', ...product }, options);
  }

  update(productId: number, change: ProductChange, options: CallOptions = {}): Promise<ShopReply<'product'>> {
    return this.#desk.command('product', { kind: 'update-product', productId, ...change }, options);
  }

  /** Refused while an open order holds pieces of it. */
  delete(productId: number, options: CallOptions = {}): Promise<ShopReply<'deleted'>> {
    return this.#desk.command('deleted', { kind: 'delete-product', productId }, options);
  }

  async get(productId: number, options: ReadOptions = {}): Promise<Product | undefined> {
    const { product } = await this.#desk.query('product', { kind: 'read-product', productId }, options);
    return product;
  }

  /** All products, by id, page after page. */
  async *list(options: ReadOptions = {}): AsyncGenerator<Product, void, undefined> {
    let after = 0;
    for (let more = true; more;) {
      const page = await this.#desk.query('products', { kind: 'list-products', after }, options);
      yield* page.products;
      after = page.products.at(-1)?.productId ?? after;
      more = page.more;
    }
  }
}

export class ShopOrders {
  readonly #desk: ShopDesk;

  constructor(desk: ShopDesk) {
    this.#desk = desk;
  }

  /** Checks the user, takes the stock and writes the order: all, or nothing. */
  create(order: NewOrder, options: CallOptions = {}): Promise<ShopReply<'order'>> {
    return this.#desk.command('order', { kind: 'create-order', ...order }, options);
  }

  /** An order is paid once at most. */
  pay(
    orderId: number,
    options: CallOptions & { readonly paymentReference?: string } = {},
  ): Promise<ShopReply<'order'>> {
    const { paymentReference: reference } = options;
    const payment = reference === undefined ? {} : { paymentReference: reference };
    return this.#desk.command('order', { kind: 'pay-order', orderId, ...payment }, options);
  }

  confirm(orderId: number, options: CallOptions = {}): Promise<ShopReply<'order'>> {
    return this.#desk.command('order', { kind: 'confirm-order', orderId }, options);
  }

  /** Gives the stock back. */
  cancel(orderId: number, options: CallOptions = {}): Promise<ShopReply<'order'>> {
    return this.#desk.command('order', { kind: 'cancel-order', orderId }, options);
  }

  async get(orderId: number, options: ReadOptions = {}): Promise<Order | undefined> {
    const { order } = await this.#desk.query('order', { kind: 'read-order', orderId }, options);
    return order;
  }

  /** All orders of a user, by id, page after page. */
  async *list(userId: number, options: ReadOptions = {}): AsyncGenerator<Order, void, undefined> {
    let after = 0;
    for (let more = true; more;) {
      const page = await this.#desk.query('orders', { kind: 'list-orders', userId, after }, options);
      yield* page.orders;
      after = page.orders.at(-1)?.orderId ?? after;
      more = page.more;
    }
  }
}

/** Sends to the machine `shop`, and checks that the answer is of the kind that was asked for. */
class ShopDesk {
  readonly #courier: Courier;

  constructor(courier: Courier) {
    this.#courier = courier;
  }

  command<Kind extends ShopResult['kind']>(
    kind: Kind,
    command: ShopCommandRequest,
    options: CallOptions,
  ): Promise<ShopReply<Kind>> {
    return this.#courier.command('shop', command, options, ({ result, revision }) => {
      const shopResult = result as ShopResult;
      if (shopResult.kind !== kind && shopResult.kind !== 'refused') throw unexpected(shopResult.kind);
      return { ...shopResult, revision } as ShopReply<Kind>;
    });
  }

  query<Kind extends ShopAnswer['kind']>(
    kind: Kind,
    query: ShopQueryRequest,
    options: ReadOptions,
  ): Promise<Extract<ShopAnswer, { kind: Kind }>> {
    return this.#courier.query('shop', query, options, ({ result }) => {
      const answer = result as ShopAnswer;
      if (answer.kind !== kind) throw unexpected(answer.kind);
      return answer as Extract<ShopAnswer, { kind: Kind }>;
    });
  }
}

function unexpected(kind: string): StoreError {
  return new StoreError('PROTOCOL_VIOLATION', `the shop answered with ${JSON.stringify(kind)}`);
}
