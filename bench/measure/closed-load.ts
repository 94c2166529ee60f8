import { Latencies, type LatencyFigures } from './latencies.ts';

export interface LoadOptions {
  /** Operations under way at any moment; each begins when another ends. */
  readonly inFlight: number;
  /** What ends before does not count. */
  readonly warmUpMs?: number;
  readonly durationMs: number;
}

export interface LoadResult extends LatencyFigures {
  readonly operations: number;
  readonly perSecond: number;
}

/** Keeps `inFlight` operations under way and measures those that end after the warm-up. */
export async function runLoad(
  operation: (sequence: number) => Promise<void>,
  { inFlight, warmUpMs = 0, durationMs }: LoadOptions,
): Promise<LoadResult> {
  const latencies = new Latencies();
  const beginMs = performance.now() + warmUpMs;
  const endMs = beginMs + durationMs;
  let sequence = 0;
  let operations = 0;
  const worker = async (): Promise<void> => {
    for (let startMs = performance.now(); startMs < endMs;) {
      await operation(sequence++);
      const doneMs = performance.now();
      if (doneMs >= beginMs && doneMs <= endMs) {
        operations++;
        latencies.record(doneMs - startMs);
      }
      startMs = doneMs;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
  return { operations, perSecond: (operations * 1000) / durationMs, ...latencies.figures };
}
