/**
 * What the machine `shop` takes and answers. Ids are the log indexes of the commands that made
 * the thing, so they are unique over users, products and orders. Money is in minor units (cents).
 */

/** A password, as scrypt made it (RFC 7914), outside of the machine: that would take too long in here. */
export interface PasswordHash {
  readonly algorithm: 'scrypt';
  /** N, a power of two. */
  readonly cost: number;
  /** r */
  readonly blockSize: number;
  /** p */
  readonly parallelization: number;
  readonly salt: Uint8Array;
  readonly hash: Uint8Array;
}

export interface User {
  readonly userId: number;
  /** Unique, whatever its case. */
  readonly name: string;
  /** Unique, in lower case. */
  readonly email: string;
  /** Wall clock, ms since 1970. */
  readonly registeredWallMs: number;
}

/** `supplied = stock + reserved + sold`, always. */
export interface Product {
  readonly productId: number;
  readonly name: string;
  readonly description: string;
  /** Of one piece. */
  readonly priceMinor: number;
  /** Pieces that can be ordered; never below zero. */
  readonly stock: number;
  /** Pieces in orders that are created or paid. */
  readonly reserved: number;
  /** Pieces in confirmed orders. */
  readonly sold: number;
  /** Pieces that ever came in, less those written off. */
  readonly supplied: number;
}

/** created → paid → confirmed; created or paid → cancelled. */
export type OrderState = 'created' | 'paid' | 'confirmed' | 'cancelled';

export interface Order {
  readonly orderId: number;
  readonly userId: number;
  readonly productId: number;
  /** As they were when the order was made. */
  readonly productName: string;
  readonly priceMinor: number;
  readonly quantity: number;
  readonly totalMinor: number;
  readonly state: OrderState;
  /** Given with the payment. */
  readonly paymentReference?: string;
  /** Wall clock of each step, ms since 1970. */
  readonly createdWallMs: number;
  readonly paidWallMs?: number;
  readonly closedWallMs?: number;
}

export type UserCommand =
  | {
      readonly kind: 'register-user';
      readonly name: string;
      readonly email: string;
      readonly passwordHash: PasswordHash;
    }
  | {
      readonly kind: 'update-user';
      readonly userId: number;
      readonly name?: string;
      readonly email?: string;
      readonly passwordHash?: PasswordHash;
    };

export type ProductCommand =
  | {
      readonly kind: 'add-product';
      readonly name: string;
      readonly description: string;
      readonly priceMinor: number;
      readonly stock: number;
    }
  | {
      readonly kind: 'update-product';
      readonly productId: number;
      readonly name?: string;
      readonly description?: string;
      readonly priceMinor?: number;
      /** Pieces that come in, or below zero, are written off. */
      readonly restock?: number;
    }
  /** Refused while an order that is created or paid holds pieces of it. */
  | { readonly kind: 'delete-product'; readonly productId: number };

export type OrderCommand =
  /** Checks the user, takes the stock and writes the order, all or nothing. */
  | {
      readonly kind: 'create-order';
      readonly userId: number;
      readonly productId: number;
      readonly quantity: number;
    }
  | { readonly kind: 'pay-order'; readonly orderId: number; readonly paymentReference?: string }
  | { readonly kind: 'confirm-order'; readonly orderId: number }
  /** Gives the stock back. Of a paid order the money is to be given back outside. */
  | { readonly kind: 'cancel-order'; readonly orderId: number };

export type ShopCommand = UserCommand | ProductCommand | OrderCommand;

/** As a client gives it: a product's description may be left out. */
export type ShopCommandRequest =
  | Exclude<ShopCommand, { kind: 'add-product' }>
  | (Omit<Extract<ShopCommand, { kind: 'add-product' }>, 'description'> & { readonly description?: string });

export type ShopRefusal =
  | 'unknown-user'
  | 'unknown-product'
  | 'unknown-order'
  | 'name-taken'
  | 'email-taken'
  /** Fewer pieces than asked for. */
  | 'out-of-stock'
  /** More pieces than can be counted. */
  | 'stock-limit'
  /** An open order holds pieces of it. */
  | 'product-in-use'
  | 'already-paid'
  | 'not-paid'
  | 'already-confirmed'
  | 'already-cancelled';

export type ShopResult =
  | { readonly kind: 'user'; readonly user: User }
  | { readonly kind: 'product'; readonly product: Product }
  | { readonly kind: 'order'; readonly order: Order }
  | { readonly kind: 'deleted'; readonly productId: number }
  /** Nothing was changed. */
  | { readonly kind: 'refused'; readonly reason: ShopRefusal; readonly message: string };

export type ShopQuery =
  | { readonly kind: 'read-user'; readonly userId: number }
  | { readonly kind: 'find-user'; readonly name: string }
  /** For a process that checks passwords, never for the user itself: it holds the hash. */
  | { readonly kind: 'login'; readonly name: string }
  | { readonly kind: 'read-product'; readonly productId: number }
  /** Those behind the id `after`, at most `limit`. */
  | { readonly kind: 'list-products'; readonly after: number; readonly limit: number }
  | { readonly kind: 'read-order'; readonly orderId: number }
  /** Of one user. */
  | { readonly kind: 'list-orders'; readonly userId: number; readonly after: number; readonly limit: number };

/** As a client gives it: the page may be left out. */
export type ShopQueryRequest =
  | Exclude<ShopQuery, { kind: 'list-products' | 'list-orders' }>
  | { readonly kind: 'list-products'; readonly after?: number; readonly limit?: number }
  | {
      readonly kind: 'list-orders';
      readonly userId: number;
      readonly after?: number;
      readonly limit?: number;
    };

/** What was asked for is missing from the answer if there is no such thing. */
export type ShopAnswer =
  | { readonly kind: 'user'; readonly user?: User }
  | { readonly kind: 'login'; readonly userId?: number; readonly passwordHash?: PasswordHash }
  | { readonly kind: 'product'; readonly product?: Product }
  | { readonly kind: 'products'; readonly products: readonly Product[]; readonly more: boolean }
  | { readonly kind: 'order'; readonly order?: Order }
  | { readonly kind: 'orders'; readonly orders: readonly Order[]; readonly more: boolean };

/**
 * Events: `user/<id>` user-registered, user-updated (value: User); `product/<id>` product-added,
 * product-updated, product-deleted, and stock-changed for each order that takes or gives back pieces
 * (value: Product); `order/<id>` order-created, order-paid, order-confirmed, order-cancelled (value: Order).
 */
export type ShopEventKind =
  | 'user-registered'
  | 'user-updated'
  | 'product-added'
  | 'product-updated'
  | 'product-deleted'
  | 'stock-changed'
  | 'order-created'
  | 'order-paid'
  | 'order-confirmed'
  | 'order-cancelled';
