import { FakedClock } from '../../../cluster/faults/faked-clock.ts';
import { LoopDisk } from '../../../cluster/faults/loop-disk.ts';
import { SyncTracer } from '../../../cluster/faults/slow-disk.ts';
import { CLOCK_FAULTS } from './clock-faults.ts';
import { DISK_FAULTS } from './disk-faults.ts';
import type { FaultKind } from './field.ts';
import { NETWORK_FAULTS } from './network-faults.ts';
import { PROCESS_FAULTS } from './process-faults.ts';

export const ALL_FAULTS: readonly FaultKind[] = [
  ...NETWORK_FAULTS,
  ...PROCESS_FAULTS,
  ...DISK_FAULTS,
  ...CLOCK_FAULTS,
];

/** What this machine offers for the faults that need more than Node. */
export interface Mechanisms {
  /** Fault kinds that can be had here. */
  readonly kinds: readonly FaultKind[];
  readonly hasDisks: boolean;
  /** What is missing, and what is done instead, in words. */
  readonly notes: readonly string[];
}

/** Finds out what this machine has. */
export function mechanisms(): Mechanisms {
  const disks = LoopDisk.missing();
  const tracer = SyncTracer.missing();
  const rate = FakedClock.missing();
  const left = new Set<string>();
  const notes = [`clocks jump by ${FakedClock.mechanism}`];
  if (disks !== undefined) {
    left.add('full-disk');
    notes.push(`${disks}: power cuts are only kill -9 here, and no disk is filled up`);
  }
  if (tracer !== undefined) {
    left.add('slow-disk').add('failing-disk');
    notes.push(`${tracer}: left out`);
  }
  if (rate !== undefined) {
    left.add('clock-rate');
    notes.push(`${rate}: left out`);
  }
  return { kinds: ALL_FAULTS.filter(({ name }) => !left.has(name)), hasDisks: disks === undefined, notes };
}
