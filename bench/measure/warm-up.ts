import { runLoad } from './closed-load.ts';

const WINDOW_MS = 4_000;
const WINDOWS_MAX = 12;
const RISE_MIN = 1.05;
const CALM_WINDOWS = 2;
const WINDOWS_MIN = 5;

/**
 * Whether a rate has stopped rising: no window of the last two was more than a twentieth above the best
 * one before it. A machine that stutters for one window is not taken for a store that is warm.
 */
export function isSteady(rates: readonly number[]): boolean {
  if (rates.length < WINDOWS_MIN) return false;
  return rates
    .slice(-CALM_WINDOWS)
    .every((rate, at) => rate <= RISE_MIN * Math.max(...rates.slice(0, rates.length - CALM_WINDOWS + at)));
}

/**
 * Loads a store until it runs at its steady rate: for 20 s at least, 48 at most. A just-in-time compiler
 * needs hundreds of thousands of operations for that, and compiles what it has guessed wrong once more: the
 * first seconds give half of what comes later. Returns the rate of each window.
 */
export async function warmUp(
  operation: (sequence: number) => Promise<void>,
  inFlight: number,
): Promise<readonly number[]> {
  const rates: number[] = [];
  while (!isSteady(rates) && rates.length < WINDOWS_MAX) {
    const { perSecond } = await runLoad(operation, { inFlight, durationMs: WINDOW_MS });
    rates.push(perSecond);
  }
  return rates;
}
