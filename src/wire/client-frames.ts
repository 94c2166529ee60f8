/**
 * What clients and nodes say to each other on `/client`. A WebSocket message is the version byte
 * and a msgpack array of frames; a frame is a msgpack array that begins with its kind's number.
 */
import type { ErrorCode, Outcome } from '../base/errors.ts';
import type { Index, NodeId, Revision } from '../base/flavor.ts';
import type { SessionStamp, StoreEvent } from '../machine/command.ts';
import type { AdminFrame, ClusterFrame, MembersFrame, PlacedFrame } from './admin-frames.ts';

/** Chosen by the client, used once on a connection; every answer bears it. */
export type RequestId = number;

/** First frame of a connection, from the client. */
export interface HelloFrame {
  readonly kind: 'hello';
  /** The cluster that the client means; undefined if any will do. */
  readonly clusterId: string | undefined;
  /** Name and version, for the node's log. */
  readonly client: string;
}

export interface CommandFrame {
  readonly kind: 'command';
  readonly request: RequestId;
  readonly machine: string;
  readonly session: SessionStamp | undefined;
  readonly body: unknown;
}

export interface QueryFrame {
  readonly kind: 'query';
  readonly request: RequestId;
  readonly machine: string;
  readonly body: unknown;
  readonly consistency: 'linearizable' | 'lease' | 'stale';
  /** Of a stale query: the answer sees everything that was acknowledged so long before the query came, in ms. */
  readonly maxStaleMs?: number | undefined;
}

export interface WatchFrame {
  readonly kind: 'watch';
  readonly request: RequestId;
  readonly machine: string;
  /** A binary string: one character per byte. */
  readonly key: string;
  readonly prefix: boolean;
  readonly fromRevision: Revision | undefined;
}

export interface UnwatchFrame {
  readonly kind: 'unwatch';
  /** Of the watch. */
  readonly request: RequestId;
}

export interface StatusRequestFrame {
  readonly kind: 'status-request';
  readonly request: RequestId;
}

/** Answered by a pong, so that both ends see a dead connection. */
export interface PingFrame {
  readonly kind: 'ping';
}

export type ClientFrame =
  | HelloFrame
  | CommandFrame
  | QueryFrame
  | WatchFrame
  | UnwatchFrame
  | StatusRequestFrame
  | AdminFrame
  | PingFrame;

export interface MemberAddress {
  readonly id: NodeId;
  /** `host:port` */
  readonly address: string;
}

/** First frame from the node, in answer to hello. */
export interface WelcomeFrame {
  readonly kind: 'welcome';
  readonly clusterId: string;
  readonly nodeId: NodeId;
  readonly members: readonly MemberAddress[];
  readonly leader: NodeId | undefined;
}

export interface ResultFrame {
  readonly kind: 'result';
  readonly request: RequestId;
  readonly result: unknown;
  readonly revision: Revision;
  readonly index: Index;
  /** Of a query: the result sees everything that was acknowledged so long before the query came, in ms; undefined: nobody knows. */
  readonly staleMs?: number | undefined;
}

export interface ErrorFrame {
  readonly kind: 'error';
  readonly request: RequestId;
  readonly code: ErrorCode;
  readonly outcome: Outcome;
  readonly message: string;
  readonly leader: NodeId | undefined;
}

export interface WatchStartedFrame {
  readonly kind: 'watch-started';
  readonly request: RequestId;
  readonly fromRevision: Revision;
}

/**
 * Every selected event up to and including `revision` has now been sent; `events` may be empty (a
 * bookmark). The frame before it went up to `after`: where it did not arrive, a frame was lost on the way.
 * Watches of one connection that selected the same and were told the same so far share the frame.
 */
export interface WatchEventsFrame {
  readonly kind: 'watch-events';
  /** Of the watches that it is for. */
  readonly requests: readonly RequestId[];
  readonly after: Revision;
  readonly revision: Revision;
  readonly events: readonly StoreEvent[];
}

export interface WatchEndedFrame {
  readonly kind: 'watch-ended';
  readonly request: RequestId;
  readonly code: ErrorCode;
  readonly message: string;
}

/** How a node stands, as it says itself. */
export interface StatusFrame {
  readonly kind: 'status';
  readonly request: RequestId;
  readonly status: NodeStatus;
}

export interface NodeStatus {
  readonly nodeId: NodeId;
  readonly clusterId: string;
  readonly version: string;
  /** The latest version of the protocol that the node understands. */
  readonly protocol: number;
  /** By which version the cluster works, as far as the node knows; 0 while it is forming. */
  readonly clusterVersion: number;
  readonly pid: number;
  readonly role: 'forming' | 'follower' | 'pre-candidate' | 'candidate' | 'leader';
  readonly term: number;
  readonly leader: NodeId | undefined;
  readonly commitIndex: Index;
  readonly appliedIndex: Index;
  readonly firstIndex: Index;
  readonly lastIndex: Index;
  readonly revision: Revision;
  readonly compactedRevision: Revision;
  readonly sessions: number;
  readonly watches: number;
  readonly connections: number;
  readonly stateBytes: number;
  readonly uptimeMs: number;
  /** What somebody should look at; empty on a sound node. */
  readonly alarms: readonly Alarm[];
}

/** Something is wrong with a node that lasts until it is seen to, or passes. */
export interface Alarm {
  readonly code: ErrorCode;
  readonly message: string;
}

export interface PongFrame {
  readonly kind: 'pong';
}

/** Last frame before the node closes the connection: why. */
export interface GoodbyeFrame {
  readonly kind: 'goodbye';
  readonly code: ErrorCode;
  readonly message: string;
}

export type ServerFrame =
  | WelcomeFrame
  | ResultFrame
  | ErrorFrame
  | WatchStartedFrame
  | WatchEventsFrame
  | WatchEndedFrame
  | StatusFrame
  | MembersFrame
  | PlacedFrame
  | ClusterFrame
  | PongFrame
  | GoodbyeFrame;
