import { setTimeout as sleep } from 'node:timers/promises';
import { Latencies, type LatencyFigures } from './latencies.ts';

export interface PacedResult extends LatencyFigures {
  readonly operations: number;
  readonly failures: number;
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
  const latencies = new Latencies();
  const pending = new Set<Promise<void>>();
  const startMs = performance.now();
  let failures = 0;
  let sequence = 0;
  const begin = (dueMs: number): void => {
    const ended = operation(sequence)
      .catch(() => void failures++)
      .then(() => {
        latencies.record(performance.now() - dueMs);
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
  return { operations: sequence, failures, ...latencies.figures };
}
