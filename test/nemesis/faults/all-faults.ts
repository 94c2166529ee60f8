import { FakedClock } from '../../../cluster/faults/faked-clock.ts';
import { LoopDisk } from '../../../cluster/faults/loop-disk.ts';
import { SyncTracer } from '../../../cluster/faults/sync-tracer.ts';
import { CLOCK_FAULTS } from './clock-faults.ts';
import { DISK_FAULTS } from './disk-faults.ts';
import type { FaultKind } from './field.ts';
import { MEMBER_FAULTS } from './member-faults.ts';
import { NETWORK_FAULTS } from './network-faults.ts';
import { PROCESS_FAULTS } from './process-faults.ts';

export const ALL_FAULTS: readonly FaultKind[] = [
  ...NETWORK_FAULTS,
  ...PROCESS_FAULTS,
  ...DISK_FAULTS,
  ...CLOCK_FAULTS,
  ...MEMBER_FAULTS,
];

/** What not every machine has. */
export const TOOLS = ['loop-disks', 'strace', 'libfaketime'] as const;

export type Tool = (typeof TOOLS)[number];

/** What this machine offers for the faults that need more than Node. */
export interface Mechanisms {
  /** Fault kinds that can be had here. */
  readonly kinds: readonly FaultKind[];
  readonly has: ReadonlySet<Tool>;
  /** What is missing, and what is done instead, in words. */
  readonly notes: readonly string[];
}

const INSTEAD: Readonly<Record<Tool, string>> = {
  'loop-disks':
    'power cuts are kill -9, and a full disk is one whose files cannot grow, by a changed node:fs',
  strace: 'slow and failing syncs are made by a changed node:fs',
  libfaketime: 'wall clocks jump by a changed Date, and no clock runs too fast or too slow',
};

function needs(what: string | undefined): string | undefined {
  return what === undefined ? undefined : `that needs ${what}`;
}

/** Finds out what this machine has, besides what is to be done without. */
export function mechanisms(without: readonly Tool[]): Mechanisms {
  const missing: Readonly<Record<Tool, string | undefined>> = {
    'loop-disks': LoopDisk.missing(),
    strace: SyncTracer.missing(),
    libfaketime: FakedClock.missing(),
  };
  const reasons = TOOLS.map(
    (tool) => [tool, without.includes(tool) ? 'as told' : needs(missing[tool])] as const,
  );
  const has = new Set(reasons.flatMap(([tool, reason]) => (reason === undefined ? [tool] : [])));
  const notes = reasons.flatMap(([tool, reason]) =>
    reason === undefined ? [] : [`without ${tool} (${reason}): ${INSTEAD[tool]}`],
  );
  const kinds = ALL_FAULTS.filter(({ name }) => name !== 'clock-rate' || has.has('libfaketime'));
  return { kinds, has, notes };
}
