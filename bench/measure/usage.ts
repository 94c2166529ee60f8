/** What processes cost, as Linux tells it in /proc; elsewhere nothing is known. */
import { readFileSync } from 'node:fs';

const TICKS_PER_SECOND = 100;
const KIB_PER_MIB = 1024;

export interface Usage {
  /** Of all of them, all threads, in the kernel too. */
  readonly cpuSeconds: number;
  /** Resident memory now, of the process that has most of it. */
  readonly rssMib: number;
  /** The most that any of the processes ever had since it began. */
  readonly peakRssMib: number;
}

/** What these processes have used since they began; undefined where that cannot be told. */
export function usageOf(pids: readonly number[]): Usage | undefined {
  try {
    const each = pids.map(usageOfOne);
    if (each.length === 0) return undefined;
    return {
      cpuSeconds: each.reduce((total, { cpuSeconds }) => total + cpuSeconds, 0),
      rssMib: Math.max(...each.map(({ rssMib }) => rssMib)),
      peakRssMib: Math.max(...each.map(({ peakRssMib }) => peakRssMib)),
    };
  } catch {
    return undefined;
  }
}

/** What all processors of the machine have done since it began, in seconds; undefined where that cannot be told. */
export function machineCpuSeconds(): number | undefined {
  try {
    // user, nice, system, idle, iowait, irq, softirq, steal; what follows is in the first two already.
    const [, ...fields] = readFileSync('/proc/stat', 'utf8').split('\n', 1)[0]?.split(/\s+/) ?? [];
    const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = fields.map(Number);
    return (user + nice + system + irq + softirq + steal) / TICKS_PER_SECOND;
  } catch {
    return undefined;
  }
}

function usageOfOne(pid: number): Usage {
  // The name of the program, in brackets, may hold anything.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return {
    cpuSeconds: (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND,
    rssMib: kibOf(status, 'VmRSS') / KIB_PER_MIB,
    peakRssMib: kibOf(status, 'VmHWM') / KIB_PER_MIB,
  };
}

function kibOf(status: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]);
}
