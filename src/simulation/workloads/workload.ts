import type { Random } from '../../base/random.ts';
import type { Answer, Call, CallRecord } from '../calls.ts';
import type { Reference } from '../reference.ts';

/** Sends a call; `done` hears what came of it. */
export type Submit = (call: Call, done?: (answer: Answer) => void) => void;

/** A run that is over: faults have stopped, and everyone has agreed. */
export interface FinishedRun {
  /** Every call, in the order in which they ended. */
  readonly calls: readonly CallRecord[];
  readonly reference: Reference;
}

/** What clients do, and what must be true of it in the end. */
export interface Workload {
  readonly name: string;
  /** One thing that some client does now; it may follow up on the answer. */
  next(random: Random, submit: Submit): void;
  /** @throws Violation */
  check?(run: FinishedRun): void;
}
