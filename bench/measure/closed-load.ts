import { createHistogram } from 'node:perf_hooks';
import type { Figures } from '../question.ts';
import type { Target } from '../targets/target.ts';
import { usageOf } from './usage.ts';

export interface LoadOptions {
  /** Operations under way at any moment; each begins when another ends. */
  readonly inFlight: number;
  readonly warmUpMs: number;
  readonly durationMs: number;
}

export interface LoadResult {
  readonly operations: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** Keeps `inFlight` operations under way and measures those that end after the warm-up. */
export async function runLoad(
  operation: (sequence: number) => Promise<void>,
  { inFlight, warmUpMs, durationMs }: LoadOptions,
): Promise<LoadResult> {
  const histogram = createHistogram();
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
        histogram.record(Math.max(1, Math.round((doneMs - startMs) * 1e6)));
      }
      startMs = doneMs;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
  return {
    operations,
    perSecond: (operations * 1000) / durationMs,
    p50Ms: histogram.percentile(50) / 1e6,
    p99Ms: histogram.percentile(99) / 1e6,
    maxMs: histogram.max / 1e6,
  };
}

/** The same with what it cost: all the servers' processor time, and that of this process, the client's. */
export async function measureLoad(
  target: Target,
  operation: (sequence: number) => Promise<void>,
  { inFlight, warmUpMs, durationMs }: LoadOptions,
): Promise<Figures> {
  if (warmUpMs > 0) await runLoad(operation, { inFlight, warmUpMs: 0, durationMs: warmUpMs });
  const before = usageOf(target.pids);
  const clientBefore = process.cpuUsage();
  const { operations, perSecond, p50Ms, p99Ms, maxMs } = await runLoad(operation, {
    inFlight,
    warmUpMs: 0,
    durationMs,
  });
  const client = process.cpuUsage(clientBefore);
  const after = usageOf(target.pids);
  const figures = { perSecond, p50Ms, p99Ms, maxMs };
  const clientCpuUs = (client.user + client.system) / operations;
  if (before === undefined || after === undefined) return { ...figures, clientCpuUs };
  return {
    ...figures,
    clientCpuUs,
    serverCpuUs: ((after.cpuSeconds - before.cpuSeconds) * 1e6) / operations,
    rssMib: after.rssMib,
    writtenBytes: (after.writtenBytes - before.writtenBytes) / operations,
  };
}
