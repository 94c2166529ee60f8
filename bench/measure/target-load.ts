import type { Figures } from '../question.ts';
import type { Target } from '../targets/target.ts';
import { type LoadOptions, runLoad } from './closed-load.ts';
import { DiskCounter } from './disk-counter.ts';
import { usageOf } from './usage.ts';

export interface TargetLoadOptions extends LoadOptions {
  /** How many bytes an operation hands to the store to keep; 0, the default: it only reads. */
  readonly bytesEach?: number;
}

/**
 * What a load came to, and what it cost: `serversCpu` and `clientCpu` are CPU seconds per 1,000 operations,
 * of all the servers and of this process, the client's; `rssMib` and `peakRssMib` those of the server with
 * most memory, now and at its highest since it began; `writtenPerByte` what the disk wrote, all servers
 * together, for each byte that was put.
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
  const before = usageOf(target.pids);
  const clientBefore = process.cpuUsage();
  const { operations, ...figures } = await runLoad(operation, { inFlight, durationMs });
  const client = process.cpuUsage(clientBefore);
  const after = usageOf(target.pids);
  const written = (disk?.flushedBytes() ?? 0) - writtenBefore;
  const perThousand = (seconds: number): number => (seconds * 1000) / operations;
  return {
    ...figures,
    clientCpu: perThousand((client.user + client.system) / 1e6),
    ...(before === undefined || after === undefined
      ? {}
      : {
          serversCpu: perThousand(after.cpuSeconds - before.cpuSeconds),
          rssMib: after.rssMib,
          peakRssMib: after.peakRssMib,
        }),
    ...(disk === undefined ? {} : { writtenPerByte: written / (operations * bytesEach) }),
  };
}
