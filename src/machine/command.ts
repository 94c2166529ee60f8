/** What stands in a log entry, and what comes of it. */
import type { Index, Revision } from '../base/flavor.ts';
import type { ErrorCode } from '../base/errors.ts';

/** Makes a retry harmless: one session applies each sequence number at most once (thesis, section 6.3). */
export interface SessionStamp {
  /** The index of the entry that opened the session. */
  readonly id: number;
  /** 1, 2, 3, … each used for one command. */
  readonly sequence: number;
  /** The client has the replies to every sequence number below this one: they may be forgotten. */
  readonly ackedBelow: number;
}

/** A command on its way to a machine. Only the commands of `sessions` go without a stamp. */
export interface Command {
  readonly machine: string;
  readonly session: SessionStamp | undefined;
  /** Parsed by the machine before it entered the log. */
  readonly body: unknown;
}

/** A command as the leader put it into the log. */
export interface LoggedCommand extends Command {
  /** Log time in ms, never below that of an earlier entry. */
  readonly timeMs: number;
  /** The leader's wall clock, ms since 1970. */
  readonly wallMs: number;
}

/** Why a command had no effect at all. */
export type CommandRefusal = Extract<
  ErrorCode,
  'SESSION_EXPIRED' | 'SESSION_LIMIT' | 'SEQUENCE_STALE' | 'TOO_BUSY' | 'UNKNOWN_MACHINE' | 'MACHINE_FAILED'
>;

/** What a command came to; the same on every node, and for every retry of it. */
export type CommandOutcome =
  | {
      readonly kind: 'applied';
      readonly result: unknown;
      /** Of the store after the command. */
      readonly revision: Revision;
      /** Of the entry that took effect: the witness of its place in the order of all commands. */
      readonly index: Index;
    }
  | { readonly kind: 'refused'; readonly code: CommandRefusal; readonly message: string };

/** A change that watchers see. All events of one command share its revision. */
export interface StoreEvent {
  readonly revision: Revision;
  readonly machine: string;
  readonly kind: string;
  readonly key: string;
  readonly value: unknown;
}
