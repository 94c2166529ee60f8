import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';

/** Percentiles of an HDR histogram, in ms. */
export interface LatencyFigures {
  readonly p50Ms: number;
  readonly p90Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  readonly maxMs: number;
}

const NS_PER_MS = 1e6;

/** How long operations took: an HDR histogram, exact to three digits, whatever the range. */
export class Latencies {
  readonly #histogram: RecordableHistogram = createHistogram();

  record(ms: number): void {
    this.#histogram.record(Math.max(1, Math.round(ms * NS_PER_MS)));
  }

  get figures(): LatencyFigures {
    const at = (percentile: number): number => this.#histogram.percentile(percentile) / NS_PER_MS;
    return {
      p50Ms: at(50),
      p90Ms: at(90),
      p99Ms: at(99),
      p999Ms: at(99.9),
      maxMs: this.#histogram.max / NS_PER_MS,
    };
  }
}
