/**
 * The machine `shop`: users, products and orders of a shop, each in its own file. A step that is not
 * possible is a result `refused` with a reason. Whoever may do what is decided outside.
 */
import { unreachable } from '../../base/assert.ts';
import type { Applied, At, Machine } from '../machine.ts';
import type { ReadRecords, Records } from '../records.ts';
import { applyOrderCommand, ordersOf, readOrder } from './orders.ts';
import { applyProductCommand, productsAfter, readProduct } from './products.ts';
import { parseShopCommand, parseShopQuery } from './shop-parse.ts';
import type { ShopAnswer, ShopCommand, ShopQuery, ShopResult } from './shop-types.ts';
import { applyUserCommand, findUser, readPasswordHash, readUser } from './users.ts';

export const shop: Machine<ShopCommand, ShopResult, ShopQuery, ShopAnswer> = {
  name: 'shop',
  parseCommand: parseShopCommand,
  parseQuery: parseShopQuery,
  apply: applyShop,
  query: queryShop,
  mayGrow: ({ kind }) => kind !== 'delete-product' && kind !== 'cancel-order',
};

function applyShop(records: Records, command: ShopCommand, at: At): Applied<ShopResult> {
  switch (command.kind) {
    case 'register-user':
    case 'update-user':
      return applyUserCommand(records, command, at);
    case 'add-product':
    case 'update-product':
    case 'delete-product':
      return applyProductCommand(records, command, at);
    case 'create-order':
    case 'pay-order':
    case 'confirm-order':
    case 'cancel-order':
      return applyOrderCommand(records, command, at);
    default:
      return unreachable(command);
  }
}

function queryShop(records: ReadRecords, query: ShopQuery): ShopAnswer {
  switch (query.kind) {
    case 'read-user':
      return { kind: 'user', ...given('user', readUser(records, query.userId)) };
    case 'find-user':
      return { kind: 'user', ...given('user', findUser(records, query.name)) };
    case 'login':
      return login(records, query.name);
    case 'read-product':
      return { kind: 'product', ...given('product', readProduct(records, query.productId)) };
    case 'list-products': {
      const { items, more } = page(productsAfter(records, query.after, query.limit + 1), query.limit);
      return { kind: 'products', products: items, more };
    }
    case 'read-order':
      return { kind: 'order', ...given('order', readOrder(records, query.orderId)) };
    case 'list-orders': {
      const found = ordersOf(records, query.userId, query.after, query.limit + 1);
      const { items, more } = page(found, query.limit);
      return { kind: 'orders', orders: items, more };
    }
    default:
      return unreachable(query);
  }
}

function login(records: ReadRecords, name: string): ShopAnswer {
  const userId = findUser(records, name)?.userId;
  if (userId === undefined) return { kind: 'login' };
  return { kind: 'login', userId, ...given('passwordHash', readPasswordHash(records, userId)) };
}

/** The field, or nothing. */
function given<Name extends string, T>(name: Name, value: T | undefined): { readonly [N in Name]?: T } {
  const field: { [N in Name]?: T } = {};
  if (value !== undefined) field[name] = value;
  return field;
}

function page<T>(
  found: Iterable<T>,
  limit: number,
): { readonly items: readonly T[]; readonly more: boolean } {
  const items = [...found];
  return { items: items.slice(0, limit), more: items.length > limit };
}
