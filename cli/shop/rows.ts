import type { Order, Product, User } from '../../src/machine/shop/shop-types.ts';
import type { DataFlags } from '../data-command.ts';
import { shorten } from '../bytes-text.ts';
import { printJson, printTable } from '../output.ts';

const USER_HEADINGS = ['USER', 'NAME', 'EMAIL', 'REGISTERED'];
const PRODUCT_HEADINGS = ['PRODUCT', 'NAME', 'PRICE', 'STOCK', 'RESERVED', 'SOLD'];
const ORDER_HEADINGS = ['ORDER', 'USER', 'PRODUCT', 'NAME', 'QUANTITY', 'TOTAL', 'STATE', 'CREATED'];

/** One thing: an object, or a table of one row. Prices are in minor units. */
export function printUser(user: User, flags: DataFlags): void {
  if (flags.json === true) printJson(user);
  else printTable(USER_HEADINGS, [userRow(user)]);
}

export function printProducts(products: readonly Product[]): void {
  printTable(PRODUCT_HEADINGS, products.map(productRow));
}

export function printProduct(product: Product, flags: DataFlags): void {
  if (flags.json === true) printJson(product);
  else printProducts([product]);
}

export function printOrders(orders: readonly Order[]): void {
  printTable(ORDER_HEADINGS, orders.map(orderRow));
}

export function printOrder(order: Order, flags: DataFlags): void {
  if (flags.json === true) printJson(order);
  else printOrders([order]);
}

function userRow({ userId, name, email, registeredWallMs }: User): readonly string[] {
  return [String(userId), name, email, time(registeredWallMs)];
}

function productRow({ productId, name, priceMinor, stock, reserved, sold }: Product): readonly string[] {
  return [String(productId), shorten(name, 40), ...[priceMinor, stock, reserved, sold].map(String)];
}

function orderRow(order: Order): readonly string[] {
  const { orderId, userId, productId, productName, quantity, totalMinor, state, createdWallMs } = order;
  const numbers = [orderId, userId, productId].map(String);
  return [
    ...numbers,
    shorten(productName, 40),
    String(quantity),
    String(totalMinor),
    state,
    time(createdWallMs),
  ];
}

function time(wallMs: number): string {
  return new Date(wallMs).toISOString();
}
