import type { Index, NodeId, Term } from '../base/flavor.ts';
import type { Entry, Position } from './entry.ts';

/** What every message between nodes carries. `term` is the sender's, except in a granted pre-vote. */
export interface Envelope {
  readonly from: NodeId;
  readonly to: NodeId;
  readonly term: Term;
}

/** Would you vote for me in `term`? Changes nothing at the receiver (thesis, section 9.6). */
export interface PreVoteRequest extends Envelope {
  readonly kind: 'pre-vote-request';
  /** The candidate's last entry (Raft paper, section 5.4.1). */
  readonly last: Position;
}

/** A grant carries the term that was asked for; a refusal the receiver's own. */
export interface PreVoteResponse extends Envelope {
  readonly kind: 'pre-vote-response';
  readonly granted: boolean;
}

/** Vote for me in `term` (Raft paper, section 5.2). */
export interface VoteRequest extends Envelope {
  readonly kind: 'vote-request';
  readonly last: Position;
  /** The leader itself asked for this election, so that it lives is no reason to refuse (thesis, section 4.2.3). */
  readonly transfer: boolean;
}

export interface VoteResponse extends Envelope {
  readonly kind: 'vote-response';
  readonly granted: boolean;
}

/**
 * Leader to follower: these entries follow `previous` (Raft paper, section 5.3). Rejected unless the
 * follower holds that entry. An empty list probes for the place where the logs meet.
 */
export interface AppendRequest extends Envelope {
  readonly kind: 'append-request';
  readonly previous: Position;
  readonly entries: readonly Entry[];
  readonly commitIndex: Index;
}

/** The follower holds, on disk, the leader's log up to `matchIndex`. */
export interface AppendAccepted extends Envelope {
  readonly kind: 'append-accepted';
  readonly matchIndex: Index;
}

/**
 * The follower does not hold `previousIndex` of the request. `hint` is the last place where the
 * leader's log could still agree: the highest index at or below it whose term at the follower is
 * not above the leader's (fast back-off; Raft paper, end of section 5.3).
 */
export interface AppendRejected extends Envelope {
  readonly kind: 'append-rejected';
  readonly previousIndex: Index;
  readonly hint: Position;
  /** The follower's state is gone or behind its own log: only a snapshot helps. */
  readonly needsSnapshot: boolean;
}

/** I lead; what is committed and you hold, you may apply. `readRound` asks for a confirmation (thesis, section 6.4). */
export interface HeartbeatRequest extends Envelope {
  readonly kind: 'heartbeat-request';
  /** Never above what the follower is known to hold. */
  readonly commitIndex: Index;
  /** Every round up to this one is confirmed by the answer; 0 when no read waits. */
  readonly readRound: number;
  /** By the leader's clock, in whole ms, rounded down; for the answer. */
  readonly sentMs: number;
}

export interface HeartbeatResponse extends Envelope {
  readonly kind: 'heartbeat-response';
  readonly readRound: number;
  /** Of the heartbeat that is answered. */
  readonly sentMs: number;
  /** The sender's own clock, in whole ms; its zero means nothing. */
  readonly clockMs: number;
  /** For how long, by its own clock, the sender will elect nobody (thesis, section 6.4.1); 0: it promises nothing. */
  readonly promiseMs: number;
}

/** Up to where must I have applied the log for a read to be linearizable? (thesis, section 6.4) */
export interface ReadIndexRequest extends Envelope {
  readonly kind: 'read-index-request';
  /** Chosen by the asker. */
  readonly id: number;
  /** The leader's lease will do, if it has one. */
  readonly lease: boolean;
}

export interface ReadIndexResponse extends Envelope {
  readonly kind: 'read-index-response';
  readonly id: number;
  /** Undefined if the leader takes no more reads, or leads no longer. */
  readonly index: Index | undefined;
}

/** You hold all that I hold: campaign at once, to take over from me (thesis, section 3.10). */
export interface TimeoutNow extends Envelope {
  readonly kind: 'timeout-now';
}

/** The hash of a node's state as of the entry at `index`. For the replica: Raft does not look at it. */
export interface StateHashMessage extends Envelope {
  readonly kind: 'state-hash';
  readonly index: Index;
  readonly hash: Uint8Array;
}

/** I lost the entries from `first` to `last`: who has some of them? (see repair.ts) */
export interface RepairRequest extends Envelope {
  readonly kind: 'repair-request';
  readonly first: Index;
  readonly last: Index;
}

/** Entries of the range that was asked for, ascending. Which of them were lost only the asker knows. */
export interface RepairResponse extends Envelope {
  readonly kind: 'repair-response';
  readonly entries: readonly Entry[];
}

/** One chunk of the state as of `snapshot` (Raft paper, section 7). Chunks are taken in order. */
export interface SnapshotRequest extends Envelope {
  readonly kind: 'snapshot-request';
  readonly snapshot: Position;
  /** 0, 1, 2, … */
  readonly chunk: number;
  readonly last: boolean;
  /** Opaque to Raft. */
  readonly data: Uint8Array;
}

/** All chunks of this snapshot before `nextChunk` are stored, or that one is asked for again: `data` says which. */
export interface SnapshotResponse extends Envelope {
  readonly kind: 'snapshot-response';
  readonly snapshot: Position;
  readonly nextChunk: number;
  /** Opaque to Raft. */
  readonly data: Uint8Array;
}

export type Message =
  | PreVoteRequest
  | PreVoteResponse
  | VoteRequest
  | VoteResponse
  | AppendRequest
  | AppendAccepted
  | AppendRejected
  | HeartbeatRequest
  | HeartbeatResponse
  | ReadIndexRequest
  | ReadIndexResponse
  | TimeoutNow
  | RepairRequest
  | StateHashMessage
  | RepairResponse
  | SnapshotRequest
  | SnapshotResponse;
