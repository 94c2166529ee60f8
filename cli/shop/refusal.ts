import type { ShopRefusal } from '../../src/machine/shop/shop-types.ts';
import { EXIT } from '../exit-status.ts';
import type { ExitStatus } from '../exit-status.ts';
import { CommandFailure } from '../failure.ts';

const EXIT_STATUS: Readonly<Record<ShopRefusal, ExitStatus>> = {
  'unknown-user': EXIT.notFoundOrFalse,
  'unknown-product': EXIT.notFoundOrFalse,
  'unknown-order': EXIT.notFoundOrFalse,
  'out-of-stock': EXIT.notFoundOrFalse,
  'not-paid': EXIT.notFoundOrFalse,
  'name-taken': EXIT.conflict,
  'email-taken': EXIT.conflict,
  'stock-limit': EXIT.conflict,
  'product-in-use': EXIT.conflict,
  'already-paid': EXIT.conflict,
  'already-confirmed': EXIT.conflict,
  'already-cancelled': EXIT.conflict,
};

interface Refused {
  readonly kind: 'refused';
  readonly reason: ShopRefusal;
  readonly message: string;
}

/** The reply, unless the shop said no. */
export function accepted<T extends { readonly kind: string }>(reply: T | Refused): Exclude<T, Refused> {
  if (isRefused(reply)) {
    const code = reply.reason.toUpperCase().replaceAll('-', '_');
    throw new CommandFailure(code, EXIT_STATUS[reply.reason], reply.message);
  }
  return reply as Exclude<T, Refused>;
}

function isRefused(reply: { readonly kind: string }): reply is Refused {
  return reply.kind === 'refused';
}
