import type { Random } from '../../base/random.ts';
import type { Consistency } from '../../replica/input.ts';

/** How fresh a query wants its answer: every kind that there is. */
export interface ReadKind {
  readonly consistency: Consistency;
  readonly maxStaleMs?: number;
}

/** Draws one for each query, mostly of those that are held to be linearizable. */
export function drawReadKind(random: Random): ReadKind {
  const choice = random.integer(1, 10);
  if (choice <= 4) return { consistency: 'linearizable' };
  if (choice <= 7) return { consistency: 'lease' };
  if (choice === 8) return { consistency: 'stale' };
  return { consistency: 'stale', maxStaleMs: random.pick([0, 20, 200, 1000, 5000]) };
}
