/** Runs one step of a machine so that a machine that throws changes nothing, on any node. */
import { InvariantError } from '../base/assert.ts';
import type { CommandOutcome } from './command.ts';
import { appendHistory, type HistoryLimits, newRevision, type NewRevision } from './history.ts';
import { FAILURE_MESSAGE_MAX } from './limits.ts';
import type { AnyMachine, At, MachineEvent } from './machine.ts';
import type { RecordSpace } from './record-space.ts';
import type { RecordTree } from './record-tree.ts';
import type { RootState } from './root-state.ts';
import { sizeOf } from './size-of.ts';

/** The state and the outcome after a command. */
export interface Step {
  readonly state: RootState;
  readonly outcome: CommandOutcome;
}

/** Applies a command: its changes and its events, or neither. */
export function runCommand(
  machine: AnyMachine,
  tree: RecordTree,
  state: RootState,
  command: unknown,
  at: At,
  history: HistoryLimits,
): Step {
  const records = tree.space(machine.name);
  records.settle();
  tree.savepoint();
  let result: unknown;
  let added: NewRevision | undefined;
  try {
    const applied = machine.apply(records, command, at);
    result = applied.result;
    sizeOf(result);
    added = revisionOf(machine, applied.events);
  } catch (error) {
    const message = `${machine.name}: ${failureMessage(error)}`;
    tree.rollback();
    return { state, outcome: { kind: 'refused', code: 'MACHINE_FAILED', message } };
  }
  tree.release();
  const next = added === undefined ? state : appendHistory(tree, state, added, history);
  return { state: next, outcome: { kind: 'applied', result, revision: next.revision, index: at.index } };
}

/** Lets a machine that is due do what it has to do, under a revision of its own. One that throws here does nothing. */
export function runExpire(
  machine: AnyMachine,
  tree: RecordTree,
  state: RootState,
  at: At,
  history: HistoryLimits,
): RootState {
  if (machine.expire === undefined) return state;
  const records = tree.space(machine.name);
  records.settle();
  tree.savepoint();
  let added: NewRevision | undefined;
  try {
    added = revisionOf(machine, machine.expire(records, at));
  } catch (error) {
    failureMessage(error);
    tree.rollback();
    return state;
  }
  tree.release();
  return added === undefined ? state : appendHistory(tree, state, added, history);
}

/**
 * When a machine has something to do next, if it says so; or before that, where what it says is put off.
 * It is asked again only when its records have changed.
 */
export function deadlineMs(machine: AnyMachine, tree: RecordTree): number | undefined {
  if (machine.nextDeadlineMs === undefined) return undefined;
  const records = tree.space(machine.name);
  const known = records.derived as Deadline | undefined;
  if (known !== undefined) return known.ms;
  const deadline = { ms: ask(machine.nextDeadlineMs, records) };
  records.derived = deadline;
  return deadline.ms;
}

/** What is derived from the records of a machine. */
interface Deadline {
  readonly ms: number | undefined;
}

function ask(
  nextDeadlineMs: NonNullable<AnyMachine['nextDeadlineMs']>,
  records: RecordSpace,
): number | undefined {
  try {
    return nextDeadlineMs(records);
  } catch (error) {
    failureMessage(error);
    return undefined;
  }
}

/**
 * What is said of an error of a machine. It becomes part of the state, so it must not depend on the
 * release of Node: of the language's own errors only the name is told.
 *
 * @throws the error, if it is a failed assertion: those stop the node
 */
export function failureMessage(error: unknown): string {
  if (error instanceof InvariantError) throw error;
  if (!(error instanceof Error)) return 'threw something that is no error';
  const ofLanguage = /^(Eval|Range|Reference|Syntax|Type|URI)Error$/.test(error.name);
  const text = ofLanguage ? error.name : `${error.name}: ${error.message}`;
  return text.slice(0, FAILURE_MESSAGE_MAX).replaceAll(/\p{Surrogate}/gu, '?');
}

/** Whether a machine has something to do by then; it is asked before every command. */
export function isDue(machine: AnyMachine, tree: RecordTree, timeMs: number): boolean {
  if (machine.expire === undefined) return false;
  if (machine.nextDeadlineMs === undefined) return true;
  const nextMs = deadlineMs(machine, tree);
  return nextMs !== undefined && nextMs <= timeMs;
}

function revisionOf({ name }: AnyMachine, events: readonly MachineEvent[]): NewRevision | undefined {
  return events.length === 0 ? undefined : newRevision(name, events);
}
