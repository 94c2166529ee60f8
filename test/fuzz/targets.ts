import type { Target } from './fuzz.ts';
import { LOG_TARGETS } from './log-target.ts';
import { MACHINE_TARGET } from './machine-target.ts';
import { RAFT_TARGET } from './raft-target.ts';
import { WIRE_TARGETS } from './wire-targets.ts';

/** Everything that takes bytes or values which somebody else made. */
export const TARGETS: readonly Target[] = [...WIRE_TARGETS, RAFT_TARGET, MACHINE_TARGET, ...LOG_TARGETS];
