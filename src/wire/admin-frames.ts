/** What operators ask of a cluster on `/client`: who its members are, that they be others, that another leads. */
import type { NodeId } from '../base/flavor.ts';
import type { MemberChange } from '../raft/configuration.ts';
import type { MemberAddress, RequestId } from './client-frames.ts';

/** Answered by `members`, by any node; how far the others are, the leader alone knows. */
export interface MemberListFrame {
  readonly kind: 'member-list';
  readonly request: RequestId;
}

/** All changes take effect together. Answered by a `result` when they have. */
export interface MemberChangeFrame {
  readonly kind: 'member-change';
  readonly request: RequestId;
  readonly changes: readonly MemberChange[];
}

/**
 * Asks for a place in the cluster, as a learner. Answered by `placed`. Asking again with the same
 * incarnation gets the same place. An empty one keeps a place free for whoever joins from that address.
 */
export interface JoinFrame {
  readonly kind: 'join';
  readonly request: RequestId;
  /** `host:port` at which the others will find the node. */
  readonly address: string;
  readonly incarnation: string;
  /** The member whose place it takes later; at once if both are at one address. */
  readonly replaces: NodeId | undefined;
}

/** Answered by a `result`, the id of the new leader, when that one leads. */
export interface LeaderTransferFrame {
  readonly kind: 'leader-transfer';
  readonly request: RequestId;
  /** Undefined: whoever is fit for it. */
  readonly to: NodeId | undefined;
}

export type AdminFrame = MemberListFrame | MemberChangeFrame | JoinFrame | LeaderTransferFrame;

/** How far a member is, as its leader sees it. */
export interface MemberProgress {
  readonly state: 'probe' | 'replicate' | 'snapshot';
  readonly matchIndex: number;
  /** It answered within the last election timeout or two. */
  readonly recentlyActive: boolean;
  readonly entriesBehind: number;
  /** About how many bytes of the log, or of the state if it needs a snapshot. */
  readonly bytesBehind: number;
  /** How much of a snapshot has arrived, while one is on its way. */
  readonly snapshotPercent: number | undefined;
}

export interface MemberReport extends MemberAddress {
  /** Of its data directory; empty while nobody has taken the place. */
  readonly incarnation: string;
  /** `incoming` and `outgoing` are voters of one side of a change that is under way. */
  readonly role: 'voter' | 'learner' | 'incoming' | 'outgoing';
  /** Undefined but from a leader. */
  readonly progress: MemberProgress | undefined;
}

export interface MembersFrame {
  readonly kind: 'members';
  readonly request: RequestId;
  /** Who answers. */
  readonly nodeId: NodeId;
  readonly term: number;
  readonly leader: NodeId | undefined;
  /** No change of the members is under way: this is what they have agreed on. */
  readonly settled: boolean;
  readonly members: readonly MemberReport[];
}

/** The place in the cluster that was asked for. */
export interface PlacedFrame {
  readonly kind: 'placed';
  readonly request: RequestId;
  readonly clusterId: string;
  /** The id of the new member. */
  readonly nodeId: NodeId;
  readonly members: readonly MemberReport[];
}

/** Sent to every client when it is not what it was: who the members are, and who leads. */
export interface ClusterFrame {
  readonly kind: 'cluster';
  readonly members: readonly MemberAddress[];
  readonly leader: NodeId | undefined;
}
