import { SUPPLIED_MAX } from '../limits.ts';
import type { Parsed } from '../machine.ts';
import { type Fields, malformed, parseUnion, type Readers, type TextLimits } from '../parse.ts';
import * as limits from './shop-limits.ts';
import type { PasswordHash, ShopCommand, ShopQuery } from './shop-types.ts';

export function parseShopCommand(value: unknown): Parsed<ShopCommand> {
  return parseUnion('shop command', value, COMMANDS);
}

export function parseShopQuery(value: unknown): Parsed<ShopQuery> {
  return parseUnion('shop query', value, QUERIES);
}

/** ASCII, so that upper and lower case are the same on every node. */
const USER_NAME: TextLimits = {
  min: 1,
  max: limits.USER_NAME_LENGTH_MAX,
  pattern: /^[A-Za-z0-9][A-Za-z0-9._-]*$/,
  rule: 'letters, digits, dots, dashes and underscores, with a letter or digit first',
};
const EMAIL: TextLimits = {
  min: 3,
  max: limits.EMAIL_LENGTH_MAX,
  pattern: /^[\x21-\x3f\x41-\x7e]+@[\x21-\x3f\x41-\x7e]+$/,
  rule: 'an address such as ada@example.org',
};
const PRODUCT_NAME: TextLimits = { min: 1, max: limits.PRODUCT_NAME_LENGTH_MAX };
const DESCRIPTION: TextLimits = { min: 0, max: limits.DESCRIPTION_LENGTH_MAX };
const PAYMENT_REFERENCE: TextLimits = { min: 1, max: limits.PAYMENT_REFERENCE_LENGTH_MAX };
const PRICE = { min: 0, max: limits.PRICE_MINOR_MAX };

const COMMANDS: Readers<ShopCommand> = {
  'register-user': (fields) => ({
    kind: 'register-user',
    name: fields.text('name', USER_NAME),
    email: readEmail(fields, 'email'),
    passwordHash: fields.object('passwordHash', readPasswordHash),
  }),
  'update-user': (fields) => ({
    kind: 'update-user',
    userId: readId(fields, 'userId'),
    ...fields.optional('name', (name) => fields.text(name, USER_NAME)),
    ...fields.optional('email', (name) => readEmail(fields, name)),
    ...fields.optional('passwordHash', (name) => fields.object(name, readPasswordHash)),
  }),
  'add-product': (fields) => ({
    kind: 'add-product',
    name: fields.text('name', PRODUCT_NAME),
    description: fields.either('description', '', (name) => fields.text(name, DESCRIPTION)),
    priceMinor: fields.integer('priceMinor', PRICE),
    stock: fields.integer('stock', { min: 0, max: SUPPLIED_MAX }),
  }),
  'update-product': (fields) => ({
    kind: 'update-product',
    productId: readId(fields, 'productId'),
    ...fields.optional('name', (name) => fields.text(name, PRODUCT_NAME)),
    ...fields.optional('description', (name) => fields.text(name, DESCRIPTION)),
    ...fields.optional('priceMinor', (name) => fields.integer(name, PRICE)),
    ...fields.optional('restock', (name) => fields.integer(name, { min: -SUPPLIED_MAX, max: SUPPLIED_MAX })),
  }),
  'delete-product': (fields) => ({ kind: 'delete-product', productId: readId(fields, 'productId') }),
  'create-order': (fields) => ({
    kind: 'create-order',
    userId: readId(fields, 'userId'),
    productId: readId(fields, 'productId'),
    quantity: fields.integer('quantity', { min: 1, max: limits.QUANTITY_MAX }),
  }),
  'pay-order': (fields) => ({
    kind: 'pay-order',
    orderId: readId(fields, 'orderId'),
    ...fields.optional('paymentReference', (name) => fields.text(name, PAYMENT_REFERENCE)),
  }),
  'confirm-order': (fields) => ({ kind: 'confirm-order', orderId: readId(fields, 'orderId') }),
  'cancel-order': (fields) => ({ kind: 'cancel-order', orderId: readId(fields, 'orderId') }),
};

const QUERIES: Readers<ShopQuery> = {
  'read-user': (fields) => ({ kind: 'read-user', userId: readId(fields, 'userId') }),
  'find-user': (fields) => ({ kind: 'find-user', name: fields.text('name', USER_NAME) }),
  login: (fields) => ({ kind: 'login', name: fields.text('name', USER_NAME) }),
  'read-product': (fields) => ({ kind: 'read-product', productId: readId(fields, 'productId') }),
  'list-products': (fields) => ({ kind: 'list-products', ...readPage(fields) }),
  'read-order': (fields) => ({ kind: 'read-order', orderId: readId(fields, 'orderId') }),
  'list-orders': (fields) => ({
    kind: 'list-orders',
    userId: readId(fields, 'userId'),
    ...readPage(fields),
  }),
};

function readId(fields: Fields, name: string): number {
  return fields.integer(name, { min: 1, max: Number.MAX_SAFE_INTEGER });
}

function readPage(fields: Fields): { readonly after: number; readonly limit: number } {
  return {
    after: fields.either('after', 0, (name) =>
      fields.integer(name, { min: 0, max: Number.MAX_SAFE_INTEGER - 1 }),
    ),
    limit: fields.either('limit', limits.PAGE_LIMIT_MAX, (name) =>
      fields.integer(name, { min: 1, max: limits.PAGE_LIMIT_MAX }),
    ),
  };
}

function readEmail(fields: Fields, name: string): string {
  return fields.text(name, EMAIL).toLowerCase();
}

function readPasswordHash(fields: Fields): PasswordHash {
  const passwordHash: PasswordHash = {
    algorithm: fields.oneOf('algorithm', ['scrypt']),
    cost: fields.integer('cost', { min: limits.SCRYPT_COST_MIN, max: limits.SCRYPT_MEMORY_BLOCKS_MAX }),
    blockSize: fields.integer('blockSize', { min: 1, max: limits.SCRYPT_BLOCK_SIZE_MAX }),
    parallelization: fields.integer('parallelization', { min: 1, max: limits.SCRYPT_PARALLELIZATION_MAX }),
    salt: fields.bytes('salt', { min: limits.SALT_BYTES_MIN, max: limits.PASSWORD_BYTES_MAX }),
    hash: fields.bytes('hash', { min: limits.HASH_BYTES_MIN, max: limits.PASSWORD_BYTES_MAX }),
  };
  const { cost, blockSize } = passwordHash;
  if (!Number.isInteger(Math.log2(cost))) malformed('passwordHash.cost must be a power of two');
  if (cost * blockSize > limits.SCRYPT_MEMORY_BLOCKS_MAX) {
    malformed(`passwordHash.cost times blockSize must not be above ${limits.SCRYPT_MEMORY_BLOCKS_MAX}`);
  }
  return passwordHash;
}
