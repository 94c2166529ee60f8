/**
 * What nodes say to each other on `/peer`. Each node dials every other one and sends on the
 * connection it dialled; what comes back on it is only the handshake. A WebSocket message is the
 * version byte and a msgpack array of frames.
 */
import type { ErrorCode } from '../base/errors.ts';
import type { NodeId } from '../base/flavor.ts';
import type { Message } from '../raft/message.ts';

/** First frame of each end. */
export interface PeerHelloFrame {
  readonly kind: 'peer-hello';
  readonly clusterId: string;
  readonly nodeId: NodeId;
  /** Whom the sender means to talk to. */
  readonly to: NodeId;
  /** Drawn once when the sender's data directory was made: a node that lost its memory has another. */
  readonly incarnation: string;
  /** `host:port` at which the sender is found, for those who have not heard of it yet. */
  readonly address: string;
  /** The earliest and the latest version that the sender understands: see base/version.ts. */
  readonly protocolMin: number;
  readonly protocol: number;
  /** The sender has met every member once, or was let into a cluster that had: it may vote. */
  readonly formed: boolean;
  /** The incarnation under which the sender knows the receiver; undefined before they met. */
  readonly knownIncarnation: string | undefined;
}

export interface PeerMessagesFrame {
  readonly kind: 'peer-messages';
  readonly messages: readonly Message[];
}

/** Why the connection is refused or closed. */
export interface PeerGoodbyeFrame {
  readonly kind: 'peer-goodbye';
  readonly code: ErrorCode;
  readonly message: string;
}

export type PeerFrame = PeerHelloFrame | PeerMessagesFrame | PeerGoodbyeFrame;
