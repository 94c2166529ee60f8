/**
 * How a cluster comes into being, who may talk to whom in it, and why a node that lost its disk cannot
 * harm it.
 *
 * A node with an empty directory draws an incarnation, a name that no other directory ever had. It
 * takes no part in Raft, neither votes nor acknowledges, until it has met every other founder, that
 * is: has dialled its address and heard its incarnation there. Then it writes all incarnations down
 * and is formed, for ever. A node that joins later is told all of this by the cluster, which has
 * given it an id of its own: it is formed from the start.
 *
 * A formed node refuses a member that comes under another incarnation than the one that it knows.
 * Suppose a node acknowledged an entry or voted, and then lost its directory. Whatever that
 * acknowledgement or vote helped to decide, another formed node took part in, and knows the lost
 * incarnation. The node with the new directory must meet that one too before it is formed, and is
 * refused, or is told that it was removed: so it never votes again.
 *
 * A formed node that this one has not heard of is let in: it was given its id in a part of the log
 * that is not here yet. It cannot be an id of old, since the cluster gives each id once.
 */
import { assert, present } from '../base/assert.ts';
import type { NodeId } from '../base/flavor.ts';
import { PROTOCOL_VERSION, PROTOCOL_VERSION_MIN } from '../base/version.ts';
import type { Identity } from '../storage/identity.ts';
import type { PeerHandshake, PeerVerdict } from '../transport/peer-handshake.ts';
import type { PeerHelloFrame } from '../wire/peer-frames.ts';
import type { Roster } from './roster.ts';

const ACCEPT: PeerVerdict = { kind: 'accept' };

/** Decides who may talk to this node, and when the cluster is formed; does nothing itself. */
export class Formation implements PeerHandshake {
  readonly #identity: Identity;
  readonly #roster: Roster;
  /** Incarnations that were heard at the members' addresses since this node started. */
  readonly #met = new Map<NodeId, string>();
  /** The latest version that each of the others understands, as it said last. */
  readonly protocols: Map<NodeId, number> = new Map<NodeId, number>();
  readonly #clusterVersion: () => number;
  #formed: boolean;

  /** @param clusterVersion by which the cluster works, as far as this node knows */
  constructor(identity: Identity, roster: Roster, clusterVersion: () => number) {
    this.#identity = identity;
    this.#roster = roster;
    this.#clusterVersion = clusterVersion;
    this.#formed = identity.peers !== undefined;
  }

  get formed(): boolean {
    return this.#formed;
  }

  /** Members that this node has yet to meet before it is formed. */
  get missing(): readonly NodeId[] {
    return this.formed ? [] : this.#others.filter((member) => !this.#met.has(member));
  }

  /** The identity to write down once nobody is missing; `confirm` it when it is on stable storage. */
  complete(): Identity {
    assert(this.missing.length === 0, 'every member was met');
    return { ...this.#identity, peers: this.#identity.peers ?? new Map(this.#met) };
  }

  /** What `complete` gave is on stable storage: from here on this node takes part in Raft. */
  confirm(identity: Identity): void {
    this.#roster.met(present(identity.peers, 'a formed identity knows its peers'));
    this.#formed = true;
  }

  helloTo(peer: NodeId): PeerHelloFrame {
    const { clusterId, nodeId, incarnation } = this.#identity;
    return {
      kind: 'peer-hello',
      clusterId,
      nodeId,
      to: peer,
      incarnation,
      address: this.#roster.self.address,
      formed: this.formed,
      knownIncarnation: this.#incarnationOf(peer),
      protocolMin: PROTOCOL_VERSION_MIN,
      protocol: PROTOCOL_VERSION,
    };
  }

  judgeCaller(hello: PeerHelloFrame): PeerVerdict {
    return this.#noted(hello, this.#judgeCaller(hello));
  }

  judgeAnswer(peer: NodeId, hello: PeerHelloFrame): PeerVerdict {
    return this.#noted(hello, this.#judgeAnswer(peer, hello));
  }

  #noted(hello: PeerHelloFrame, verdict: PeerVerdict): PeerVerdict {
    if (verdict.kind === 'accept') this.protocols.set(hello.nodeId, hello.protocol);
    return verdict;
  }

  #judgeCaller(hello: PeerHelloFrame): PeerVerdict {
    const wrong = this.#misdirected(hello) ?? this.#stranger(hello);
    if (wrong !== undefined) return wrong;
    if (!this.formed) {
      // It began anew since it was met: it must be met again, or it would be written down as it was.
      if (this.#met.get(hello.nodeId) !== hello.incarnation) this.#met.delete(hello.nodeId);
      return ACCEPT;
    }
    if (!this.#knowsMe(hello)) {
      const message = `node ${hello.nodeId} knows node ${this.#identity.nodeId} under another incarnation`;
      return { kind: 'refuse', code: 'NODE_MISMATCH', message };
    }
    return ACCEPT;
  }

  #judgeAnswer(peer: NodeId, hello: PeerHelloFrame): PeerVerdict {
    const wrong = this.#misdirected(hello);
    if (wrong !== undefined) return wrong;
    if (hello.nodeId !== peer) {
      const message = `node ${hello.nodeId} answers at the address of node ${peer}`;
      return { kind: 'refuse', code: 'NODE_MISMATCH', message };
    }
    if (!this.#knowsMe(hello)) {
      const { nodeId } = this.#identity;
      return { kind: 'amnesia', message: `node ${peer} knows node ${nodeId} under another incarnation` };
    }
    const stranger = this.#stranger(hello);
    if (stranger !== undefined) return stranger;
    if (!this.formed) this.#met.set(peer, hello.incarnation);
    return ACCEPT;
  }

  get #others(): readonly NodeId[] {
    return this.#roster.peers.map(({ id }) => id);
  }

  /** A formed node's word on who this node is; one that is not formed, or has not heard of it, has no word on it. */
  #knowsMe({ formed, knownIncarnation }: PeerHelloFrame): boolean {
    return !formed || knownIncarnation === undefined || knownIncarnation === this.#identity.incarnation;
  }

  #incarnationOf(peer: NodeId): string | undefined {
    if (!this.formed) return this.#met.get(peer);
    const found = this.#roster.who(peer);
    return found.kind === 'member' ? found.incarnation : undefined;
  }

  #misdirected(hello: PeerHelloFrame): PeerVerdict | undefined {
    const { clusterId, nodeId } = this.#identity;
    if (hello.clusterId !== clusterId) {
      const message = `node ${nodeId} is of cluster ${quoted(clusterId)}, the other one of ${quoted(hello.clusterId)}`;
      return { kind: 'refuse', code: 'CLUSTER_MISMATCH', message };
    }
    if (hello.to !== nodeId) {
      const message = `this is node ${nodeId}, not node ${hello.to}`;
      return { kind: 'refuse', code: 'NODE_MISMATCH', message };
    }
    return hello.nodeId === nodeId ? this.#notAMember(hello) : this.#ofOtherRelease(hello);
  }

  /** A node that does not understand what this one may send it must get nothing. */
  #ofOtherRelease({ nodeId, protocolMin, protocol }: PeerHelloFrame): PeerVerdict | undefined {
    const self = this.#identity.nodeId;
    const needed = Math.max(PROTOCOL_VERSION_MIN, this.#clusterVersion());
    if (protocol >= needed && protocolMin <= PROTOCOL_VERSION) return undefined;
    const message =
      `node ${nodeId} understands versions ${protocolMin} to ${protocol}, node ${self} ` +
      `${PROTOCOL_VERSION_MIN} to ${PROTOCOL_VERSION}, and the cluster works by ${this.#clusterVersion()}`;
    return { kind: 'refuse', code: 'VERSION_UNSUPPORTED', message };
  }

  #stranger(hello: PeerHelloFrame): PeerVerdict | undefined {
    const { nodeId } = this.#identity;
    const found = this.#roster.who(hello.nodeId);
    switch (found.kind) {
      case 'removed': {
        const message = `node ${hello.nodeId} was removed from cluster ${quoted(this.#identity.clusterId)}`;
        return { kind: 'refuse', code: 'MEMBER_REMOVED', message };
      }
      case 'unknown':
        return this.formed && hello.formed ? undefined : this.#notAMember(hello);
      default: {
        const { incarnation } = found;
        if (!this.formed || incarnation === undefined || incarnation === hello.incarnation) return undefined;
        const message =
          `node ${hello.nodeId} was known to node ${nodeId} with another data directory: ` +
          'what it promised with that one is forgotten, so it must not vote';
        return { kind: 'refuse', code: 'AMNESIA', message };
      }
    }
  }

  #notAMember(hello: PeerHelloFrame): PeerVerdict {
    const message = `node ${hello.nodeId} is no other member of the cluster that node ${this.#identity.nodeId} knows`;
    return { kind: 'refuse', code: 'NODE_MISMATCH', message };
  }
}

function quoted(clusterId: string): string {
  return JSON.stringify(clusterId);
}
