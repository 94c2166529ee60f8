/** The middle of the values; of an even number, the lower middle. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)] ?? Number.NaN;
}

/** How far values lie apart. */
export interface Spread {
  readonly low: number;
  readonly high: number;
  /** From the lowest to the highest, as a part of the median. */
  readonly relative: number;
}

export function spread(values: readonly number[]): Spread {
  const low = Math.min(...values);
  const high = Math.max(...values);
  const middle = median(values);
  return { low, high, relative: middle === 0 ? 0 : (high - low) / middle };
}
