import type { NodeId, Index, Revision } from '../base/flavor.ts';
import type { ErrorCode } from '../base/errors.ts';
import type { StoreEvent } from '../machine/command.ts';
import type { HeldChanges } from '../machine/records.ts';
import type { Configuration } from '../raft/configuration.ts';
import type { Contradiction } from '../raft/contradiction.ts';
import type { Position } from '../raft/entry.ts';
import type { Message } from '../raft/message.ts';
import type { LogWrite } from '../raft/ready.ts';
import type { CallerId, WatchId } from './input.ts';
import type { Divergence } from './state-audit.ts';

export type Reply =
  | {
      readonly kind: 'result';
      readonly caller: CallerId;
      readonly result: unknown;
      /** Of the store at which the result holds. */
      readonly revision: Revision;
      /** Of the entry that took effect, or that the answer to a query reflects. */
      readonly index: Index;
      /**
       * Of a query: the answer reflects everything that was acknowledged so long before the query came,
       * in ms by this node's clock; undefined: nobody knows.
       */
      readonly staleMs?: number | undefined;
    }
  | {
      readonly kind: 'error';
      readonly caller: CallerId;
      readonly code: ErrorCode;
      readonly message: string;
      /** Who leads, as far as this node knows. */
      readonly leader: NodeId | undefined;
    };

/** A node said what a sound one never says. */
export interface Contradicted extends Contradiction {
  readonly from: NodeId;
}

export type WatchOutput =
  | { readonly kind: 'started'; readonly watch: WatchId; readonly fromRevision: Revision }
  | WatchEvents
  | { readonly kind: 'ended'; readonly watch: WatchId; readonly code: ErrorCode; readonly message: string };

/** Every selected event up to and including `revision` has now been handed out; those up to `after` were before. */
export interface WatchEvents {
  readonly kind: 'events';
  /** They selected the same, and were handed the same so far. */
  readonly watches: readonly WatchId[];
  readonly after: Revision;
  readonly revision: Revision;
  readonly events: readonly StoreEvent[];
}

/** Changes of the state since the last ones, to be stored in one batch with `applied`. Needs no sync: the log can replay it. */
export interface StateWrite {
  readonly changes: HeldChanges;
  readonly applied: Position;
}

/** One record of a state that is put together beside the present one; undefined takes it away again. */
export interface StagedChange {
  readonly key: string;
  /** Of the value, by the replica's codec. */
  readonly encoded: Uint8Array | undefined;
  /** About what the value takes when stored. */
  readonly bytes: number;
  /** See `RecordChange`. */
  readonly stamp: number;
  readonly stampBefore: number;
}

/**
 * A step towards another state, beside the one that is stored: it needs no sync, and is gone after a
 * restart. `write` is answered by a `staged` input.
 */
export type StageStep =
  | { readonly kind: 'write'; readonly id: number; readonly changes: readonly StagedChange[] }
  | { readonly kind: 'discard' };

/**
 * What was staged takes the place of all that was stored, at once or not at all. It must be on
 * stable storage before any later log write begins; a log write of the same turn may come before
 * or after it.
 */
export interface StateReplacement {
  readonly applied: Position;
}

/**
 * What a turn wants done. Log writes go to the disk in the order of their ids; each is answered by a
 * `written` input. State writes are stored in order; `syncState` is answered by `state-synced`.
 */
export interface Output {
  readonly write: LogWrite | undefined;
  /** Never together with `replaceState`. */
  readonly state: StateWrite | undefined;
  /** In this order, and before `replaceState`. */
  readonly stage: readonly StageStep[];
  readonly replaceState: StateReplacement | undefined;
  /** Bring everything stored so far to stable storage, then tell: the log is to be compacted. */
  readonly syncState: boolean;
  readonly send: readonly Message[];
  readonly replies: readonly Reply[];
  readonly watches: readonly WatchOutput[];
  /** Messages of this turn that cannot be true, and changed nothing: their senders are to be cut off. */
  readonly contradictions: readonly Contradicted[];
  /** Who makes up the cluster, if that is not as it was: they all are to be talked to. */
  readonly configuration: Configuration | undefined;
  /** This node's state is another one than that of a majority: it must serve nobody any more. */
  readonly divergence: Divergence | undefined;
  /** The cluster works by a version that this node does not understand: it applies nothing more, and is to be stopped. */
  readonly outdated: boolean;
  /** This node is no member any more, that is committed, and it does not lead: it can be stopped for good. */
  readonly removed: boolean;
}
