/**
 * What runs on the log. A machine holds no state of its own: it is two functions over an ordered
 * space of records. So snapshot, restore, persistence and repair are written once, for every
 * machine, a user's own included.
 */
import type { Index, Revision, Term } from '../base/flavor.ts';
import type { ReadRecords, Records } from './records.ts';

/** Where and when a command is applied: the same on every node. */
export interface At {
  readonly index: Index;
  readonly term: Term;
  /**
   * Log time in ms: never goes back, moves only while there is a leader, follows no wall clock.
   * Deadlines are measured in it, so that a jump of a clock expires nothing.
   */
  readonly timeMs: number;
  /** The leader's wall clock, ms since 1970: for people to read, never to decide by. */
  readonly wallMs: number;
  /** The revision that this command's changes will bear, if it emits an event. */
  readonly revision: Revision;
}

/** A change that watchers can see. All events of one command share one revision. */
export interface MachineEvent {
  /** Such as `put` or `delete`; a machine documents its own. */
  readonly kind: string;
  /** What changed: a binary string, one character per byte. Watches select by it. */
  readonly key: string;
  /** A plain value; the machine documents its shape. */
  readonly value: unknown;
}

/** What a command came to. A business "no" is a result like any other. */
export interface Applied<Result> {
  readonly result: Result;
  readonly events: readonly MachineEvent[];
}

/** Either a well-formed command or query, or why it is none. Checked before it enters the log. */
export type Parsed<T> =
  | { readonly kind: 'parsed'; readonly value: T }
  | { readonly kind: 'malformed'; readonly code: ParseCode; readonly message: string };

export type ParseCode = 'BAD_REQUEST' | 'KEY_INVALID' | 'VALUE_TOO_LARGE';

/**
 * A replicated state machine.
 *
 * `apply`, `query` and `expire` are deterministic: no clock, no randomness, no state outside of
 * `records`. Commands, queries, results and records are plain values: null, booleans, numbers,
 * strings, `Uint8Array`, arrays and objects of them. Records are never changed in place: put a new one.
 */
export interface Machine<Command, Result, Query, Answer> {
  /** Its records live under `name/`; commands and queries are addressed to it. Lower case letters, digits, dashes. */
  readonly name: string;
  parseCommand(value: unknown): Parsed<Command>;
  parseQuery(value: unknown): Parsed<Query>;
  apply(records: Records, command: Command, at: At): Applied<Result>;
  query(records: ReadRecords, query: Query): Answer;
  /** Does what was due by `at.timeMs`. Called before every command, of any machine. */
  expire?(records: Records, at: At): readonly MachineEvent[];
  /** The log time at which `expire` has something to do next. */
  nextDeadlineMs?(records: ReadRecords): number | undefined;
  /** Whether a command may make the state larger; those that cannot are taken even when it is full. Without it, all may. */
  mayGrow?(command: Command): boolean;
  /** The cluster version that a command needs, if it is newer than the machine: see `PROTOCOL_VERSION`. */
  since?(command: Command): number;
}

/** A machine whose own types are known only to itself; what it parsed is handed back to it unchanged. */
export type AnyMachine = Machine<unknown, unknown, unknown, unknown>;
