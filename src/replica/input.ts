import type { NodeId, Index, Revision } from '../base/flavor.ts';
import type { Command } from '../machine/command.ts';
import type { ConfigurationChange } from '../raft/configuration.ts';
import type { MemberStatus as RaftMemberStatus } from '../raft/member-status.ts';
import type { Message } from '../raft/message.ts';
import type { SnapshotProgress } from './snapshot-chunk.ts';
import type { Divergence } from './state-audit.ts';

/** Chosen by the edge: the answer bears it. Used once. */
export type CallerId = number;
/** Chosen by the edge: every event bears it. Used once. */
export type WatchId = number;

export interface Tick {
  readonly kind: 'tick';
}

export interface PeerMessage {
  readonly kind: 'message';
  readonly message: Message;
}

/** A command whose body its machine has parsed. Answered once, by a `Reply`. */
export interface CommandInput {
  readonly kind: 'command';
  readonly caller: CallerId;
  readonly command: Command;
}

/**
 * - `linearizable`: a majority confirms, after the query came, that nothing newer is committed.
 * - `lease`: as far as clocks keep within `clockDriftMax` the same, without that round if the leader
 *   holds a lease (see raft/lease.ts); if it does not, as `linearizable`.
 * - `stale`: whatever this node knows, or, with `maxStaleMs`, no older than that.
 */
export type Consistency = 'linearizable' | 'lease' | 'stale';

/** A query whose body its machine has parsed. Answered once, by a `Reply`, by any node. */
export interface QueryInput {
  readonly kind: 'query';
  readonly caller: CallerId;
  readonly machine: string;
  readonly body: unknown;
  readonly consistency: Consistency;
  /** Of a stale query: the answer sees everything that was acknowledged so long before the query came. */
  readonly maxStaleMs?: number | undefined;
}

/** Which events a watch wants. */
export interface WatchSelection {
  readonly machine: string;
  /** A binary string. */
  readonly key: string;
  /** Every key that begins with `key`, instead of that one alone. */
  readonly prefix: boolean;
}

/** Opens a watch: first a `started` output (or `ended`), then every event from the revision on, once, in order. */
export interface WatchInput {
  readonly kind: 'watch';
  readonly watch: WatchId;
  readonly selection: WatchSelection;
  /** Undefined: from the store's next revision on. */
  readonly fromRevision: Revision | undefined;
}

/** Holds a watch back while its reader is slow; it costs no memory meanwhile. */
export interface WatchPauseInput {
  readonly kind: 'watch-pause' | 'watch-resume' | 'unwatch';
  readonly watch: WatchId;
}

/** The log write of this id, and every one before it, is on stable storage. */
export interface Written {
  readonly kind: 'written';
  readonly write: number;
}

/** The connection to a peer broke: perhaps its process ended. */
export interface PeerLost {
  readonly kind: 'peer-lost';
  readonly peer: NodeId;
}

/** Followers are to be told of what is committed, if there was no occasion yet: see `RaftConfig.holdsNews`. */
export interface TellNews {
  readonly kind: 'tell-news';
}

/** The state up to this index is on stable storage. */
export interface StateSynced {
  readonly kind: 'state-synced';
  readonly index: Index;
}

/**
 * Changes who makes up the cluster. Answered once, by a `Reply`: when the whole change, a joint phase
 * included, is committed and applied. The result says who votes and who learns now.
 */
export interface ChangeMembersInput {
  readonly kind: 'change-members';
  readonly caller: CallerId;
  readonly change: ConfigurationChange;
}

/** Ends a joint phase that was begun with an `explicit` transition. Answered once, as above. */
export interface LeaveJointInput {
  readonly kind: 'leave-joint';
  readonly caller: CallerId;
}

/** Hands the leadership over. Answered once another node leads: the result is its id. */
export interface TransferInput {
  readonly kind: 'transfer';
  readonly caller: CallerId;
  /** Undefined: to the most up-to-date voter. */
  readonly to: NodeId | undefined;
}

/** The stage write of this id, and every one before it, is stored. */
export interface Staged {
  readonly kind: 'staged';
  readonly id: number;
}

/** How much room the node's disk has: below its reserve it is `low`, and `full` when the log has none left. */
export type DiskRoom = 'ample' | 'low' | 'full';

export interface RoomChanged {
  readonly kind: 'room';
  readonly room: DiskRoom;
}

/** Another node says which version it understands at most; told again whenever it comes back. */
export interface PeerVersion {
  readonly kind: 'peer-version';
  readonly peer: NodeId;
  readonly version: number;
}

export type Input =
  | RoomChanged
  | PeerVersion
  | Tick
  | PeerMessage
  | CommandInput
  | QueryInput
  | ChangeMembersInput
  | LeaveJointInput
  | TransferInput
  | WatchInput
  | WatchPauseInput
  | Written
  | Staged
  | StateSynced
  | TellNews
  | PeerLost;

/** What the edge's clocks say at a turn. */
export interface Now {
  /** Never goes back; its zero means nothing. */
  readonly monotonicMs: number;
  /** Since 1970; may jump. */
  readonly wallMs: number;
}

/** A member, for people. */
export interface MemberStatus extends RaftMemberStatus {
  /** On the leader, while a snapshot is on its way to the member. */
  readonly snapshot?: SnapshotProgress;
}

/** Where a node is, for people and for health checks. */
export interface ReplicaStatus {
  readonly id: NodeId;
  /** The latest version that this node understands. */
  readonly protocol: number;
  /** By which version the cluster works, as far as this node has applied its log. */
  readonly clusterVersion: number;
  readonly role: 'follower' | 'pre-candidate' | 'candidate' | 'leader';
  readonly term: number;
  readonly leader: NodeId | undefined;
  readonly commitIndex: Index;
  readonly appliedIndex: Index;
  readonly firstIndex: Index;
  readonly lastIndex: Index;
  /** Up to where entries of the log may be lost, and are asked of the others; undefined if it is whole. */
  readonly damagedTo: Index | undefined;
  /** Nodes, this one perhaps among them, whose state differs from that of a majority. */
  readonly divergences: readonly Divergence[];
  /** Of the data of the entries that are not compacted. */
  readonly logBytes: number;
  readonly revision: Revision;
  readonly compactedRevision: Revision;
  readonly sessions: number;
  readonly watches: number;
  readonly stateBytes: number;
  /** Serves commands and linearizable reads: it leads, and has applied an entry of its own term. */
  readonly serving: boolean;
  /** While a snapshot is on its way to this node. */
  readonly receiving: SnapshotProgress | undefined;
  /** Who makes up the cluster, as far as this node knows; how far each is, a leader alone can tell. */
  readonly members: readonly MemberStatus[];
}
