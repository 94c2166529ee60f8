import type { Index, NodeId, Term } from '../base/flavor.ts';
import type { Random } from '../base/random.ts';
import type { RaftConfig } from './config.ts';
import type { Entry, HardState, Position } from './entry.ts';
import type { Message } from './message.ts';
import type { Ready } from './ready.ts';

export type Role = 'follower' | 'pre-candidate' | 'candidate' | 'leader';

/** What a node found on its disk. */
export interface RestoredLog {
  readonly hardState: HardState;
  /** The place before the first entry. */
  readonly base: Position;
  readonly entries: readonly Entry[];
  /** The state reflects the log up to here; below `base.index` if the state was lost. */
  readonly appliedIndex: Index;
}

export type Proposed =
  | { readonly kind: 'accepted'; readonly firstIndex: Index; readonly term: Term }
  | { readonly kind: 'refused'; readonly code: 'NOT_LEADER' | 'TOO_BUSY' };

export type ReadAccepted = { readonly kind: 'accepted' } | { readonly kind: 'refused'; readonly code: 'NOT_LEADER' | 'TOO_BUSY' };

/** For checkers and tests: a look at everything, never to be changed. */
export interface RaftInspection {
  readonly id: NodeId;
  readonly role: Role;
  readonly term: Term;
  readonly vote: NodeId | undefined;
  readonly leader: NodeId | undefined;
  readonly commitIndex: Index;
  /** Highest entry handed out as committed. */
  readonly appliedIndex: Index;
  /** Entries up to here are on this node's disk. */
  readonly stableIndex: Index;
  readonly base: Position;
  /** From `base.index + 1` on. */
  readonly entries: readonly Entry[];
}

export declare class Raft {
  constructor(config: RaftConfig, random: Random, restored: RestoredLog);
  tick(): void;
  step(message: Message): void;
  propose(payloads: readonly Uint8Array[]): Proposed;
  readIndex(id: number): ReadAccepted;
  written(write: number): void;
  compact(to: Index): void;
  installSnapshot(snapshot: Position): void;
  snapshotFailed(to: NodeId): void;
  campaign(): void;
  ready(): Ready;
  inspect(): RaftInspection;
}
