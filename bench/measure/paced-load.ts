import { createHistogram } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';

export interface PacedResult {
  readonly operations: number;
  readonly failures: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  readonly maxMs: number;
}

/**
 * Begins operations at a fixed rate, whether earlier ones have ended or not, until `isOver`. Each is
 * measured from when it was due, so a store that stands still does not look fast.
 */
export async function runPaced(
  operation: (sequence: number) => Promise<void>,
  perSecond: number,
  isOver: () => boolean,
): Promise<PacedResult> {
  const histogram = createHistogram();
  const pending = new Set<Promise<void>>();
  const startMs = performance.now();
  let failures = 0;
  let sequence = 0;
  const begin = (dueMs: number): void => {
    const ended = operation(sequence)
      .catch(() => void failures++)
      .then(() => {
        histogram.record(Math.max(1, Math.round((performance.now() - dueMs) * 1e6)));
        pending.delete(ended);
      });
    pending.add(ended);
  };
  while (!isOver()) {
    const dueMs = startMs + (sequence * 1000) / perSecond;
    const waitMs = dueMs - performance.now();
    if (waitMs > 0.5) await sleep(waitMs);
    begin(dueMs);
    sequence++;
  }
  await Promise.all(pending);
  return {
    operations: sequence,
    failures,
    p50Ms: histogram.percentile(50) / 1e6,
    p99Ms: histogram.percentile(99) / 1e6,
    p999Ms: histogram.percentile(99.9) / 1e6,
    maxMs: histogram.max / 1e6,
  };
}
