/** Runs one step of a machine so that a machine that throws changes nothing, on any node. */
import { InvariantError } from '../base/assert.ts';
import { isBinary } from './binary-string.ts';
import type { CommandOutcome } from './command.ts';
import { appendHistory, type HistoryLimits } from './history.ts';
import { FAILURE_MESSAGE_MAX } from './limits.ts';
import type { AnyMachine, At, MachineEvent } from './machine.ts';
import { PlainnessError } from './plainness-error.ts';
import type { ReadSpaces, RecordTree } from './record-tree.ts';
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
  tree.savepoint();
  try {
    const { result, events } = machine.apply(tree.space(machine.name), command, at);
    sizeOf(result);
    const next = withEvents(machine, tree, state, events, history);
    tree.release();
    return { state: next, outcome: { kind: 'applied', result, revision: next.revision, index: at.index } };
  } catch (error) {
    const message = `${machine.name}: ${failureMessage(error)}`;
    tree.rollback();
    return { state, outcome: { kind: 'refused', code: 'MACHINE_FAILED', message } };
  }
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
  tree.savepoint();
  try {
    const events = machine.expire(tree.space(machine.name), at);
    const next = withEvents(machine, tree, state, events, history);
    tree.release();
    return next;
  } catch (error) {
    failureMessage(error);
    tree.rollback();
    return state;
  }
}

/** When a machine has something to do next, if it says so. */
export function deadlineMs(machine: AnyMachine, spaces: ReadSpaces): number | undefined {
  try {
    return machine.nextDeadlineMs?.(spaces.space(machine.name));
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

function withEvents(
  machine: AnyMachine,
  tree: RecordTree,
  state: RootState,
  events: readonly MachineEvent[],
  history: HistoryLimits,
): RootState {
  for (const { key } of events) {
    if (!isBinary(key)) throw new PlainnessError('the key of an event holds a character above one byte');
  }
  return events.length === 0 ? state : appendHistory(tree, state, machine.name, events, history);
}
