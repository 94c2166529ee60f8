import type { ErrorCode } from '../base/errors.ts';
import type { NodeId } from '../base/flavor.ts';
import type { Message } from '../raft/message.ts';
import type { PeerHelloFrame } from '../wire/peer-frames.ts';

/** What to make of the hello of another node. */
export type PeerVerdict =
  | { readonly kind: 'accept' }
  /** The connection is closed with this reason. */
  | { readonly kind: 'refuse'; readonly code: ErrorCode; readonly message: string }
  /** The other node knows this one as somebody else: this node lost its memory. */
  | { readonly kind: 'amnesia'; readonly message: string };

/** Decides who may talk to this node; the links only carry it out. */
export interface PeerHandshake {
  helloTo(peer: NodeId): PeerHelloFrame;
  /** Of a node that dialled this one. */
  judgeCaller(hello: PeerHelloFrame): PeerVerdict;
  /** Of what answered at the address of `peer`. */
  judgeAnswer(peer: NodeId, hello: PeerHelloFrame): PeerVerdict;
}

/** Whom the links tell. */
export interface PeerEvents {
  onMessages(messages: readonly Message[]): void;
  /** The link that this node dialled may be used, or no longer. */
  onUp(peer: NodeId): void;
  onDown(peer: NodeId, reason: string): void;
  /** One end refused the other at the handshake. Told once until the reason changes. */
  onRefused(peer: NodeId | undefined, code: ErrorCode, message: string): void;
  /** A node at a member's address knows this node under another incarnation. */
  onAmnesia(message: string): void;
  /** A node at a member's address says that this node was removed from the cluster. */
  onRemoved(message: string): void;
  /** A node that dialled this one was accepted; and, the connection is gone. */
  onCaller(hello: PeerHelloFrame): void;
  onCallerLost(peer: NodeId): void;
}

export interface PeerLimits {
  /** Largest WebSocket message taken from a peer, in bytes. */
  readonly peerFrameBytesMax: number;
  /** Messages to one peer are put into one WebSocket message up to about this many bytes. */
  readonly peerBatchBytesMax: number;
  /** Messages to a peer are dropped while more than this waits in its socket: Raft sends them again. */
  readonly peerBufferedBytesMax: number;
  /** Incoming connections, accepted or in their handshake. */
  readonly peerConnectionsMax: number;
  /** From the start of a connection to the end of its handshake. */
  readonly handshakeMs: number;
  readonly pingMs: number;
  /** A link is given up after this many ping intervals without a sign of life. */
  readonly missedPingsMax: number;
  readonly redialMsMin: number;
  readonly redialMsMax: number;
}

/** Largest message of a handshake, in bytes. */
export const HANDSHAKE_BYTES_MAX: number = 16 * 1024;
