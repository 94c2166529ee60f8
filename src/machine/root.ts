/**
 * All machines as one, and what they share: the log's time, revisions and their history, sessions.
 * The replica hands every committed command to `apply`; equal commands in equal order make equal
 * records on every node.
 *
 * A command goes through here in this order: log time moves on; machines do what is due by it; the
 * session tells whether the command is a retry; the machine applies it, or fails and changes
 * nothing; its events get the next revision; the outcome is kept for retries.
 */
import { assert } from '../base/assert.ts';
import { StoreError } from '../base/errors.ts';
import type { Index, Revision, Term } from '../base/flavor.ts';
import { FIRST_VERSION } from '../base/version.ts';
import type { Command, CommandOutcome, CommandRefusal, LoggedCommand } from './command.ts';
import { DEFAULT_HISTORY_LIMITS, type HistoryLimits } from './history.ts';
import type { AnyMachine, At, Parsed } from './machine.ts';
import type { ReadSpaces, RecordTree } from './record-tree.ts';
import { readRootState, type RootState, writeRootState } from './root-state.ts';
import { raiseVersion } from './root-version.ts';
import { deadlineMs, failureMessage, isDue, runCommand, runExpire, type Step } from './run-machine.ts';
import { admit, remember } from './sessions/exactly-once.ts';
import { countSessions } from './sessions/session-records.ts';
import { sessions } from './sessions/sessions.ts';
import { sizeOf } from './size-of.ts';

/** The place of a command in the log. */
export interface EntryPlace {
  readonly index: Index;
  readonly term: Term;
}

/** No machine of this name runs here. */
export interface UnknownMachine {
  readonly kind: 'unknown-machine';
  readonly message: string;
}

/** What a query came to. */
export type QueryOutcome =
  | { readonly kind: 'answered'; readonly result: unknown; readonly revision: Revision }
  | {
      readonly kind: 'refused';
      readonly code: 'UNKNOWN_MACHINE' | 'MACHINE_FAILED';
      readonly message: string;
    };

export interface Root {
  /** Names, in order, without the clock. Equal on all nodes of a cluster. */
  readonly machines: readonly string[];
  /** To be asked before a command may enter the log. */
  parseCommand(machine: string, body: unknown): Parsed<unknown> | UnknownMachine;
  /** To be asked before a query is put. */
  parseQuery(machine: string, body: unknown): Parsed<unknown> | UnknownMachine;
  /** Applies a committed command. Throws only InvariantError. */
  apply(tree: RecordTree, logged: LoggedCommand, place: EntryPlace): CommandOutcome;
  query(spaces: ReadSpaces, machine: string, body: unknown): QueryOutcome;
  /** Whether a parsed command may make the state larger. */
  mayGrow(command: Command): boolean;
  /** The cluster version that a parsed command needs: one that an older release does not know must wait for it. */
  versionNeeded(command: Command): number;
  /** The log time before which no machine has anything to do. */
  nextDeadlineMs(tree: RecordTree): number | undefined;
  /** Log time of the last command, ms. */
  logTimeMs(spaces: ReadSpaces): number;
  revision(spaces: ReadSpaces): Revision;
  compactedRevision(spaces: ReadSpaces): Revision;
  /** How many sessions are open. */
  sessions(spaces: ReadSpaces): number;
}

/**
 * The machine name of the command that only moves log time on, so that deadlines pass without
 * traffic. The leader proposes it, without a session; clients cannot. Its body is null, or asks for more:
 * for a comparison of states, or for another version of the cluster.
 */
export const CLOCK = 'clock';

type Machines = ReadonlyMap<string, AnyMachine>;

/** Equal on all nodes of a cluster. */
interface Rules {
  readonly machines: Machines;
  readonly history: HistoryLimits;
}

/**
 * The root over `sessions` and the given machines.
 *
 * @param history how much of it is kept; equal on all nodes
 * @throws StoreError CONFIG_INVALID for a bad, taken or doubled name
 */
export function createRoot(
  machines: readonly AnyMachine[],
  history: HistoryLimits = DEFAULT_HISTORY_LIMITS,
): Root {
  const named = byName([sessions, ...machines]);
  const rules = { machines: named, history };
  return {
    machines: [...named.keys()],
    parseCommand: (machine, body) => named.get(machine)?.parseCommand(body) ?? unknownMachine(machine),
    parseQuery: (machine, body) => named.get(machine)?.parseQuery(body) ?? unknownMachine(machine),
    apply: (tree, logged, place) => applyLogged(rules, tree, logged, place),
    query: (spaces, machine, body) => answer(named, spaces, machine, body),
    mayGrow: ({ machine, body }) => machine !== CLOCK && (named.get(machine)?.mayGrow?.(body) ?? true),
    versionNeeded: ({ machine, body }) => named.get(machine)?.since?.(body) ?? FIRST_VERSION,
    nextDeadlineMs: (tree) => firstDeadlineMs(named, tree),
    logTimeMs: (spaces) => readRootState(spaces).timeMs,
    revision: (spaces) => readRootState(spaces).revision,
    compactedRevision: (spaces) => readRootState(spaces).compactedRevision,
    sessions: (spaces) => countSessions(spaces.space(sessions.name)),
  };
}

const NAME = /^[a-z][a-z0-9-]{0,31}$/;
const TAKEN: readonly string[] = [CLOCK, 'root', 'history'];

/** Ordered by name, so that the order in which a node lists its machines decides nothing. */
function byName(machines: readonly AnyMachine[]): Machines {
  const named = new Map<string, AnyMachine>();
  for (const machine of [...machines].sort((left, right) => (left.name < right.name ? -1 : 1))) {
    const { name } = machine;
    if (!NAME.test(name)) {
      throw new StoreError(
        'CONFIG_INVALID',
        `${JSON.stringify(name)} is no machine name: it must match ${NAME.source}`,
      );
    }
    if (TAKEN.includes(name)) throw new StoreError('CONFIG_INVALID', `the machine name ${name} is reserved`);
    if (named.has(name)) throw new StoreError('CONFIG_INVALID', `there are two machines named ${name}`);
    named.set(name, machine);
  }
  return named;
}

function applyLogged(
  rules: Rules,
  tree: RecordTree,
  logged: LoggedCommand,
  place: EntryPlace,
): CommandOutcome {
  const before = readRootState(tree);
  assert(place.index > before.index, 'an entry is applied once');
  assert(logged.timeMs >= before.timeMs, 'log time never goes back');
  const { revision, compactedRevision, historyBytes } = before;
  const { timeMs } = logged;
  const moved: RootState = { index: place.index, timeMs, revision, compactedRevision, historyBytes };
  const expired = expireDue(rules, tree, moved, logged, place);
  const { state, outcome } = applyOne(rules, tree, expired, logged, place);
  writeRootState(tree, state);
  return outcome;
}

function expireDue(
  { machines, history }: Rules,
  tree: RecordTree,
  state: RootState,
  logged: LoggedCommand,
  place: EntryPlace,
): RootState {
  let reached = state;
  for (const machine of machines.values()) {
    if (!isDue(machine, tree, logged.timeMs)) continue;
    reached = runExpire(machine, tree, reached, atOf(reached, logged, place), history);
  }
  return reached;
}

function applyOne(
  { machines, history }: Rules,
  tree: RecordTree,
  state: RootState,
  logged: LoggedCommand,
  place: EntryPlace,
): Step {
  if (logged.machine === CLOCK) {
    raiseVersion(tree, logged.body);
    return {
      state,
      outcome: { kind: 'applied', result: null, revision: state.revision, index: place.index },
    };
  }
  const machine = machines.get(logged.machine);
  // A node that refused what others apply would differ from them for ever: it must stop instead.
  assert(machine !== undefined, `the machine ${logged.machine}, which the log names, runs on this node`);
  const at = atOf(state, logged, place);
  if (machine === sessions) return applyToSessions(tree, state, logged, at, history);
  if (logged.session === undefined) {
    return refused(state, 'SESSION_EXPIRED', `a command of ${machine.name} needs a session`);
  }
  const records = tree.space(sessions.name);
  const admission = admit(records, logged.session, at.timeMs);
  if (admission.kind === 'answered') return { state, outcome: admission.outcome };
  const step = runCommand(machine, tree, state, logged.body, at, history);
  remember(records, logged.session, step.outcome);
  return step;
}

/** The one machine whose refusals are refusals of the store. */
function applyToSessions(
  tree: RecordTree,
  state: RootState,
  logged: LoggedCommand,
  at: At,
  history: HistoryLimits,
): Step {
  const step = runCommand(sessions, tree, state, logged.body, at, history);
  if (step.outcome.kind !== 'applied') return step;
  const result = step.outcome.result as ReturnType<typeof sessions.apply>['result'];
  return result.kind === 'refused' ? refused(step.state, result.code, result.message) : step;
}

function refused(state: RootState, code: CommandRefusal, message: string): Step {
  return { state, outcome: { kind: 'refused', code, message } };
}

function atOf(state: RootState, { timeMs, wallMs }: LoggedCommand, { index, term }: EntryPlace): At {
  return { index, term, timeMs, wallMs, revision: state.revision + 1 };
}

function answer(machines: Machines, spaces: ReadSpaces, name: string, body: unknown): QueryOutcome {
  const machine = machines.get(name);
  if (machine === undefined) {
    return { kind: 'refused', code: 'UNKNOWN_MACHINE', message: unknownMachine(name).message };
  }
  try {
    const result = machine.query(spaces.space(name), body);
    sizeOf(result);
    return { kind: 'answered', result, revision: readRootState(spaces).revision };
  } catch (error) {
    return { kind: 'refused', code: 'MACHINE_FAILED', message: `${name}: ${failureMessage(error)}` };
  }
}

function firstDeadlineMs(machines: Machines, tree: RecordTree): number | undefined {
  let first: number | undefined;
  for (const machine of machines.values()) {
    const nextMs = deadlineMs(machine, tree);
    if (nextMs !== undefined && (first === undefined || nextMs < first)) first = nextMs;
  }
  return first;
}

function unknownMachine(name: string): UnknownMachine {
  const message = `no machine named ${JSON.stringify(name.slice(0, 64))} runs on this node`;
  return { kind: 'unknown-machine', message };
}
