import type { Applied } from '../machine.ts';
import type { ShopRefusal, ShopResult } from './shop-types.ts';

/** A business "no": a result like any other, and nothing changed. */
export function refuse(reason: ShopRefusal, message: string): Applied<ShopResult> {
  return { result: { kind: 'refused', reason, message }, events: [] };
}
