import type { Figures } from '../question.ts';
import type { Target } from '../targets/target.ts';
import { type LoadOptions, runLoad } from './closed-load.ts';
import { DiskCounter } from './disk-counter.ts';
import { machineCpuSeconds, type Usage, usageOf } from './usage.ts';

export interface TargetLoadOptions extends LoadOptions {
  /** How many bytes an operation hands to the store to keep; 0, the default: it only reads. */
  readonly bytesEach?: number;
}

/**
 * What a load came to, and what it cost: `serversCpu` and `clientCpu` are CPU seconds per 1,000 operations,
 * of all the servers and of this process, the client's; `othersCores` how many processors everybody else
 * on the machine kept busy meanwhile; `rssMib` and `peakRssMib` those of the server with most memory, now
 * and at its highest since it began; `writtenPerByte` what the disk wrote, all servers together, for each
 * byte that was put.
 */
export async function measureTarget(
  target: Target,
  operation: (sequence: number) => Promise<void>,
  { bytesEach = 0, inFlight, warmUpMs = 0, durationMs }: TargetLoadOptions,
): Promise<Figures> {
  if (warmUpMs > 0) await runLoad(operation, { inFlight, durationMs: warmUpMs });
  const writes = bytesEach > 0 && target.directory !== undefined;
  const disk = writes ? DiskCounter.of(target.directory) : undefined;
  const writtenBefore = disk?.flushedBytes() ?? 0;
  const before = snapshot(target);
  const { operations, ...figures } = await runLoad(operation, { inFlight, durationMs });
  const after = snapshot(target);
  const written = (disk?.flushedBytes() ?? 0) - writtenBefore;
  const perThousand = (seconds: number): number => (seconds * 1000) / operations;
  const client = after.clientSeconds - before.clientSeconds;
  return {
    ...figures,
    clientCpu: perThousand(client),
    ...serverFigures(before, after, perThousand),
    ...(disk === undefined ? {} : { writtenPerByte: written / (operations * bytesEach) }),
  };
}

interface Snapshot {
  readonly timeSeconds: number;
  readonly clientSeconds: number;
  readonly machineSeconds: number | undefined;
  readonly servers: Usage | undefined;
}

function snapshot({ pids }: Target): Snapshot {
  const { user, system } = process.cpuUsage();
  return {
    timeSeconds: performance.now() / 1000,
    clientSeconds: (user + system) / 1e6,
    machineSeconds: machineCpuSeconds(),
    servers: usageOf(pids),
  };
}

function serverFigures(before: Snapshot, after: Snapshot, perThousand: (seconds: number) => number): Figures {
  if (before.servers === undefined || after.servers === undefined) return {};
  const { cpuSeconds, rssMib, peakRssMib } = after.servers;
  const serverSeconds = cpuSeconds - before.servers.cpuSeconds;
  const usage = { serversCpu: perThousand(serverSeconds), rssMib, peakRssMib };
  if (before.machineSeconds === undefined || after.machineSeconds === undefined) return usage;
  const clientSeconds = after.clientSeconds - before.clientSeconds;
  const others = after.machineSeconds - before.machineSeconds - serverSeconds - clientSeconds;
  const othersCores = Math.max(0, others / (after.timeSeconds - before.timeSeconds));
  return { ...usage, othersCores };
}
