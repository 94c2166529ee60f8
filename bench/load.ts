import { createHistogram } from 'node:perf_hooks';

/** What one run of a closed loop came to. */
export interface LoadResult {
  readonly operations: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

export interface LoadOptions {
  /** Operations under way at any moment; each begins when another ends. */
  readonly inFlight: number;
  readonly warmUpMs: number;
  readonly durationMs: number;
}

/** Keeps `inFlight` operations under way and measures those that end after the warm-up. */
export async function runLoad(
  operation: (sequence: number) => Promise<void>,
  options: LoadOptions,
): Promise<LoadResult> {
  const histogram = createHistogram();
  const beginMs = performance.now() + options.warmUpMs;
  const endMs = beginMs + options.durationMs;
  let sequence = 0;
  let operations = 0;
  const worker = async (): Promise<void> => {
    for (let startMs = performance.now(); startMs < endMs;) {
      await operation(sequence++);
      const doneMs = performance.now();
      if (doneMs >= beginMs && doneMs <= endMs) {
        operations++;
        histogram.record(Math.max(1, Math.round((doneMs - startMs) * 1e6)));
      }
      startMs = doneMs;
    }
  };
  await Promise.all(Array.from({ length: options.inFlight }, worker));
  return {
    operations,
    perSecond: (operations * 1000) / options.durationMs,
    p50Ms: histogram.percentile(50) / 1e6,
    p99Ms: histogram.percentile(99) / 1e6,
    maxMs: histogram.max / 1e6,
  };
}

/** The middle of the values; of an even number, the lower middle. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)] ?? Number.NaN;
}
