import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';
import { type Stage, type StageClock, STAGES } from '../base/stages.ts';

/** How long a stage took, since the node started. */
export interface StageReport {
  readonly stage: Stage;
  readonly count: number;
  readonly p50Us: number;
  readonly p99Us: number;
  readonly maxUs: number;
}

/** One histogram for each stage of a put (HDR, two digits); they cost less than a microsecond each turn, and are always on. */
export class StageHistograms implements StageClock {
  readonly #histograms: ReadonlyMap<Stage, RecordableHistogram> = new Map(
    STAGES.map((stage) => [stage, createHistogram({ figures: 2 })]),
  );

  nowMs(): number {
    return performance.now();
  }

  ended(stage: Stage, sinceMs: number): void {
    this.took(stage, performance.now() - sinceMs);
  }

  took(stage: Stage, ms: number): void {
    this.#histograms.get(stage)?.record(Math.max(1, Math.round(ms * 1e6)));
  }

  /** In the order of the stages. */
  report(): readonly StageReport[] {
    return Array.from(this.#histograms, ([stage, histogram]) => ({
      stage,
      count: histogram.count,
      p50Us: histogram.count === 0 ? 0 : histogram.percentile(50) / 1e3,
      p99Us: histogram.count === 0 ? 0 : histogram.percentile(99) / 1e3,
      maxUs: histogram.count === 0 ? 0 : histogram.max / 1e3,
    }));
  }
}

/** Of this process, which is one node. */
export const stages: StageHistograms = new StageHistograms();
