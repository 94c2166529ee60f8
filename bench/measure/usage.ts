/** What processes cost, as Linux tells it in /proc; elsewhere nothing is known. */
import { readFileSync } from 'node:fs';

const TICKS_PER_SECOND = 100;

export interface Usage {
  /** Of all threads, in the kernel too. */
  readonly cpuSeconds: number;
  /** Resident memory, of the process that has most of it. */
  readonly rssMib: number;
  /** Handed to the disks. */
  readonly writtenBytes: number;
}

/** What these processes have used since they began; undefined where that cannot be told. */
export function usageOf(pids: readonly number[]): Usage | undefined {
  try {
    const each = pids.map(usageOfOne);
    return {
      cpuSeconds: sum(each.map(({ cpuSeconds }) => cpuSeconds)),
      rssMib: Math.max(...each.map(({ rssMib }) => rssMib)),
      writtenBytes: sum(each.map(({ writtenBytes }) => writtenBytes)),
    };
  } catch {
    return undefined;
  }
}

function usageOfOne(pid: number): Usage {
  // The name of the program, in brackets, may hold anything.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
  const rssKib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  const written = /^write_bytes: (\d+)$/m.exec(readFileSync(`/proc/${pid}/io`, 'utf8'))?.[1];
  return {
    cpuSeconds: (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND,
    rssMib: Number(rssKib) / 1024,
    writtenBytes: Number(written),
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
