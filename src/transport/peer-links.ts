/**
 * All connections between this node and the other members. Each node dials every other one and
 * sends on the connection that it dialled; so a link can be lost, or cut, in one direction alone.
 * Nothing here is reliable: messages may be dropped at any time, and Raft sends them again. What is
 * promised is that a message that arrives comes from the member that it names, unchanged.
 */
import type { WebSocket } from 'ws';
import type { ErrorCode } from '../base/errors.ts';
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
  /** Whom to dial at first. */
  readonly peers: readonly MemberAddress[];
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
  #started = false;
  #closed = false;

  constructor({ self, peers, handshake, events, limits }: PeerLinksOptions) {
    this.#self = self;
    this.#handshake = handshake;
    this.#events = events;
    this.#limits = limits;
    this.update(peers);
  }

  /** Dials every peer, and keeps doing so. */
  start(): void {
    this.#started = true;
    for (const link of this.#outgoing.values()) this.#startLink(link);
  }

  /**
   * Who the peers are has changed: new ones are dialled, and others no longer; whoever dialled this
   * node is judged anew.
   */
  update(peers: readonly MemberAddress[]): void {
    if (this.#closed) return;
    const wanted = new Map(peers.map(({ id, address }) => [id, address]));
    for (const [id, link] of this.#outgoing) {
      if (wanted.get(id) === link.address) continue;
      this.#outgoing.delete(id);
      link.stop(wanted.has(id) ? 'its address has changed' : 'it is no member any longer');
    }
    for (const member of peers) {
      if (this.#outgoing.has(member.id)) continue;
      const link = new OutgoingLink(member, this.#handshake, this.#events, this.#limits);
      this.#outgoing.set(member.id, link);
      if (this.#started) this.#startLink(link);
    }
    this.#judgeCallers();
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
    for (const link of this.#outgoing.values()) this.#startLink(link);
    for (const link of this.#incoming) {
      if (link.peer !== undefined && cut.from.includes(link.peer)) link.terminate();
    }
  }

  /** The peer says what cannot be: its connections are closed. It may try again. */
  refuse(peer: NodeId, code: ErrorCode, message: string): void {
    this.#events.onRefused(peer, code, message);
    for (const link of this.#incoming) if (link.peer === peer) link.close(code, message);
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
      onClose: (link) => this.#onClose(link),
    };
  }

  #startLink(link: OutgoingLink): void {
    if (this.#cut.to.includes(link.peer)) link.stop('cut by fault injection');
    else link.start();
  }

  #judgeCallers(): void {
    for (const link of this.#incoming) {
      const verdict = link.hello === undefined ? undefined : this.#handshake.judgeCaller(link.hello);
      if (verdict?.kind === 'refuse') link.close(verdict.code, verdict.message);
    }
  }

  #onClose(link: IncomingLink): void {
    this.#incoming.delete(link);
    const { peer } = link;
    const isLast = peer !== undefined && [...this.#incoming].every((other) => other.peer !== peer);
    if (isLast && !this.#closed) this.#events.onCallerLost(peer);
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
    this.#events.onCaller(hello);
    this.#outgoing.get(hello.nodeId)?.wake();
    return { answer: this.#handshake.helloTo(hello.nodeId), accepted: true };
  }
}
