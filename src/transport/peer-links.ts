/**
 * All connections between this node and the other members. Each node dials every other one and
 * sends on the connection that it dialled; so a link can be lost, or cut, in one direction alone.
 * Nothing here is reliable: messages may be dropped at any time, and Raft sends them again. What is
 * promised is that a message that arrives comes from the member that it names, unchanged.
 */
import type { WebSocket } from 'ws';
import type { NodeId } from '../base/flavor.ts';
import type { Message } from '../raft/message.ts';
import type { MemberAddress } from '../wire/client-frames.ts';
import type { PeerFrame, PeerHelloFrame } from '../wire/peer-frames.ts';
import { type IncomingHandler, IncomingLink } from './incoming-link.ts';
import { OutgoingLink } from './outgoing-link.ts';
import type { PeerEvents, PeerHandshake, PeerLimits } from './peer-handshake.ts';

/** Peers whose traffic is cut, for tests of partitions: the sockets are real, and really closed. */
export interface Cut {
  /** Nothing is sent to these. */
  readonly to: readonly NodeId[];
  /** Nothing is taken from these. */
  readonly from: readonly NodeId[];
}

export interface PeerLinksOptions {
  readonly self: NodeId;
  /** All members, this node among them. */
  readonly members: readonly MemberAddress[];
  readonly handshake: PeerHandshake;
  readonly events: PeerEvents;
  readonly limits: PeerLimits;
}

export class PeerLinks {
  readonly #self: NodeId;
  readonly #handshake: PeerHandshake;
  readonly #events: PeerEvents;
  readonly #limits: PeerLimits;
  readonly #outgoing = new Map<NodeId, OutgoingLink>();
  readonly #incoming = new Set<IncomingLink>();
  #cut: Cut = { to: [], from: [] };
  #closed = false;

  constructor({ self, members, handshake, events, limits }: PeerLinksOptions) {
    this.#self = self;
    this.#handshake = handshake;
    this.#events = events;
    this.#limits = limits;
    for (const member of members) {
      if (member.id === self) continue;
      this.#outgoing.set(member.id, new OutgoingLink(member, handshake, events, limits));
    }
  }

  /** Dials every other member, and keeps doing so. */
  start(): void {
    for (const link of this.#outgoing.values()) link.start();
  }

  /** Takes over a connection that another node dialled; nothing has been read from it yet. */
  accept(socket: WebSocket, remoteAddress: string): void {
    if (this.#closed || this.#incoming.size >= this.#limits.peerConnectionsMax) return socket.terminate();
    this.#incoming.add(new IncomingLink(this.#self, socket, remoteAddress, this.#handler(), this.#limits));
  }

  /** Sends what can be sent; all messages to one member leave together. */
  send(messages: readonly Message[]): void {
    for (const [peer, link] of this.#outgoing) {
      const addressed = messages.filter(({ to }) => to === peer);
      if (addressed.length > 0) link.send(addressed);
    }
  }

  /** Members that this node can send to now. */
  get up(): readonly NodeId[] {
    return [...this.#outgoing.values()].filter((link) => link.up).map(({ peer }) => peer);
  }

  get cut(): Cut {
    return this.#cut;
  }

  /** Replaces the cut that was in force; an empty one heals. */
  setCut(cut: Cut): void {
    this.#cut = cut;
    if (this.#closed) return;
    for (const link of this.#outgoing.values()) {
      if (cut.to.includes(link.peer)) link.stop('cut by fault injection');
      else link.start();
    }
    for (const link of this.#incoming) {
      if (link.peer !== undefined && cut.from.includes(link.peer)) link.terminate();
    }
  }

  close(): void {
    this.#closed = true;
    for (const link of this.#outgoing.values()) link.stop('this node is shutting down');
    for (const link of this.#incoming) link.close('SHUTTING_DOWN', `node ${this.#self} is shutting down`);
  }

  #handler(): IncomingHandler {
    return {
      onHello: (link, hello) => this.#onHello(link, hello),
      onMessages: (messages) => this.#events.onMessages(messages),
      onViolation: (link, error) => {
        const sender = link.peer === undefined ? `${link.remoteAddress}: ` : '';
        this.#events.onRefused(link.peer, error.code, `${sender}${error.message}`);
      },
      onClose: (link) => void this.#incoming.delete(link),
    };
  }

  #onHello(link: IncomingLink, hello: PeerHelloFrame): { answer: PeerFrame | undefined; accepted: boolean } {
    if (this.#cut.from.includes(hello.nodeId)) return { answer: undefined, accepted: false };
    const verdict = this.#handshake.judgeCaller(hello);
    if (verdict.kind !== 'accept') {
      const code = verdict.kind === 'refuse' ? verdict.code : 'NODE_MISMATCH';
      this.#events.onRefused(hello.nodeId, code, `${link.remoteAddress}: ${verdict.message}`);
      return { answer: { kind: 'peer-goodbye', code, message: verdict.message }, accepted: false };
    }
    for (const earlier of this.#incoming) {
      if (earlier.peer === hello.nodeId) earlier.terminate();
    }
    this.#outgoing.get(hello.nodeId)?.wake();
    return { answer: this.#handshake.helloTo(hello.nodeId), accepted: true };
  }
}
