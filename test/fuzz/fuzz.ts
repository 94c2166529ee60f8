import { performance } from 'node:perf_hooks';
import { SeededRandom } from '../../src/base/seeded-random.ts';

/** Something that takes input from outside. */
export interface Target {
  readonly name: string;
  /** Gives it one hostile input: tells whether it was taken or refused, and throws if it was neither. */
  attack(random: SeededRandom): 'taken' | 'refused';
}

export interface FuzzResult {
  readonly target: string;
  readonly cases: number;
  readonly taken: number;
  readonly slowestMs: number;
  readonly seconds: number;
}

/** Nothing may keep a node from its work for longer. */
const STALL_MS = 50;

/** An input that was not refused as it should be, or that took too long. */
export class FuzzError extends Error {}

/**
 * Attacks a target so many times. Each case has a seed of its own, so that it can be run alone.
 *
 * @throws FuzzError naming the case
 */
export function fuzz(target: Target, seed: number, from: number, cases: number): FuzzResult {
  let taken = 0;
  let slowestMs = 0;
  const began = performance.now();
  let last = began;
  for (let n = from; n < from + cases; n++) {
    try {
      if (target.attack(randomOf(seed, n)) === 'taken') taken += 1;
    } catch (cause) {
      const what = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
      throw new FuzzError(`case ${n} of ${target.name}, seed ${seed}: ${what}`, { cause });
    }
    const now = performance.now();
    slowestMs = Math.max(slowestMs, now - last);
    if (now - last > STALL_MS && isStalling(target, seed, n)) {
      throw new FuzzError(
        `case ${n} of ${target.name}, seed ${seed}, takes more than ${STALL_MS} ms each time`,
      );
    }
    last = performance.now();
  }
  return { target: target.name, cases, taken, slowestMs, seconds: (last - began) / 1_000 };
}

/** One that is slow every time is slow by itself, not because the processor was busy. */
function isStalling(target: Target, seed: number, n: number): boolean {
  for (let attempt = 0; attempt < 5; attempt++) {
    const began = performance.now();
    target.attack(randomOf(seed, n));
    if (performance.now() - began < STALL_MS) return false;
  }
  return true;
}

function randomOf(seed: number, n: number): SeededRandom {
  return new SeededRandom(seed * 2 ** 32 + n);
}
