import { SeededRandom } from '../../src/base/seeded-random.ts';
import type { Random } from '../../src/base/random.ts';
import { logarithmic } from './faults/field.ts';
import type { FaultKind } from './faults/field.ts';

/** One fault of a round. Whom it hits, and how hard, follows from its seed and from who leads by then. */
export interface PlannedFault {
  readonly kind: FaultKind;
  readonly seed: number;
  /** After the begin of the round, in ms. */
  readonly afterMs: number;
  readonly lastsMs: number;
}

/** Faults at the same time; then all is healed, and for a while all is well. */
export interface Round {
  readonly faults: readonly PlannedFault[];
  readonly quietMs: number;
}

const TOGETHER_MAX = 4;
const AFTER_MS_MAX = 2_000;
const QUIET_MS: readonly [min: number, max: number] = [500, 2_500];

/**
 * Rounds without an end, fixed by the seed and the kinds. Every kind comes once before any comes
 * again. At most one fault of a round takes all nodes, and then none takes single ones.
 */
export function* schedule(kinds: readonly FaultKind[], seed: number): Generator<Round> {
  const random = new SeededRandom(seed);
  let deck: FaultKind[] = [];
  for (;;) {
    const count = random.integer(1, TOGETHER_MAX);
    const chosen: FaultKind[] = [];
    while (chosen.length < count) {
      if (deck.length === 0) deck = shuffled(kinds, random);
      const at = deck.findIndex((kind) => fits(kind, chosen));
      if (at < 0) break;
      chosen.push(...deck.splice(at, 1));
    }
    const faults = chosen.map((kind) => ({
      kind,
      seed: random.integer(0, 2 ** 31),
      afterMs: random.integer(0, AFTER_MS_MAX),
      lastsMs: duration(kind.lastsMs, random),
    }));
    yield { faults, quietMs: random.integer(...QUIET_MS) };
  }
}

/** Short ones as often as long ones: a pause is of 10 ms as likely as of 10 s. */
function duration([min, max]: readonly [number, number], random: Random): number {
  return min === 0 ? random.integer(min, max) : logarithmic(random, min, max);
}

function fits(kind: FaultKind, chosen: readonly FaultKind[]): boolean {
  if (chosen.includes(kind)) return false;
  if (kind.scope === 'network') return true;
  const rivals = chosen.filter(({ scope }) => scope !== 'network');
  return kind.scope === 'all'
    ? rivals.length === 0
    : rivals.every(({ scope }) => scope === 'node') && rivals.length < 2;
}

function shuffled<T>(items: readonly T[], random: Random): T[] {
  const left = [...items];
  return items.map(() => left.splice(random.integer(0, left.length - 1), 1)[0]!);
}
