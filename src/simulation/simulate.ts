/**
 * Your own machine under the simulator that Kvorum is tested with: whole clusters under a virtual
 * clock, network and disk, with every fault, and with Raft's safety properties, linearizability,
 * exactly-once and equal replicas checked on the way. A seed fixes a run; run many.
 *
 * ```ts
 * import { machineRecords, simulate } from 'kvorum/testing';
 *
 * const result = simulate({
 *   seed: 7,
 *   machines: [bank],
 *   workload: { name: 'transfers', next: (random, submit) => submit(transfer(random)) },
 *   invariants: [{ name: 'money is kept', check: (records) => assertTotal(machineRecords(records, 'bank')) }],
 * });
 * if (result.failure !== undefined) throw new Error(result.failure.detail);
 * ```
 */
import type { AnyMachine } from '../machine/machine.ts';
import { type Invariant, runSeed, type RunOptions, type RunResult } from './run.ts';
import type { Workload } from './workloads/workload.ts';

export type { Random } from '../base/random.ts';
export { checkLinearizable } from './checkers/linearizability.ts';
export type { History, HistoryOperation, RegisterValue } from './checkers/history.ts';
export type { LinearizabilityResult } from './checkers/linearizability.ts';
export type { Answer, Call, CallRecord } from './calls.ts';
export { FAULT_KINDS, type FaultKind } from './swarm.ts';
export {
  type Failure,
  type Invariant,
  replayCommand,
  runSeed,
  type RunOptions,
  type RunResult,
} from './run.ts';
export { machineRecords } from './machine-records.ts';
export { runSchedule, type ScheduleOptions, type ScheduleStep } from './schedule.ts';
export { Violation } from './violation.ts';
export type { FinishedRun, Submit, Workload } from './workloads/workload.ts';

/** What a user simulates; `kvorum sim --test FILE` takes a module that exports a function `simulation` giving one. */
export interface Simulation {
  readonly machines: readonly AnyMachine[];
  /** What clients do. Bodies of commands and queries are given as the machine's parsers would return them. */
  readonly workload: Workload;
  /** Looked at on every node every few virtual seconds, and at the end. */
  readonly invariants?: readonly Invariant[];
}

export interface SimulateOptions extends RunOptions, Simulation {}

/** Runs one seed of a cluster with these machines. The same options give the same result. */
export function simulate({ machines, workload, invariants = [], ...options }: SimulateOptions): RunResult {
  return runSeed(options, () => ({ machines, workloads: [workload], invariants }));
}
