/**
 * How a cluster comes into being, and why a node that lost its disk cannot harm it.
 *
 * A node with an empty directory draws an incarnation, a name that no other directory ever had. It
 * takes no part in Raft, neither votes nor acknowledges, until it has met every other member, that
 * is: has dialled the member's address and heard its incarnation there. Then it writes all
 * incarnations down and is formed, for ever.
 *
 * A formed node refuses a member that comes under another incarnation than the one it wrote down.
 * Suppose a node acknowledged an entry or voted, and then lost its directory. Whatever that
 * acknowledgement or vote helped to decide, another formed node took part in, and wrote the lost
 * incarnation down. The node with the new directory must meet that one too before it is formed, and
 * is refused: so it never votes again.
 */
import { assert, present } from '../base/assert.ts';
import type { NodeId } from '../base/flavor.ts';
import type { Identity } from '../storage/identity.ts';
import type { PeerHandshake, PeerVerdict } from '../transport/peer-handshake.ts';
import type { PeerHelloFrame } from '../wire/peer-frames.ts';

const ACCEPT: PeerVerdict = { kind: 'accept' };

/** Decides who may talk to this node, and when the cluster is formed; does nothing itself. */
export class Formation implements PeerHandshake {
  readonly #identity: Identity;
  readonly #others: readonly NodeId[];
  /** Incarnations that were heard at the members' addresses since this node started. */
  readonly #met = new Map<NodeId, string>();
  #peers: ReadonlyMap<NodeId, string> | undefined;

  constructor(identity: Identity, members: readonly NodeId[]) {
    assert(members.includes(identity.nodeId), 'a node is one of the members');
    this.#identity = identity;
    this.#others = members.filter((member) => member !== identity.nodeId);
    const { peers } = identity;
    assert(
      peers === undefined || this.#others.every((other) => peers.has(other)),
      'a formed node knows all others',
    );
    this.#peers = peers;
  }

  get formed(): boolean {
    return this.#peers !== undefined;
  }

  /** Members that this node has yet to meet before it is formed. */
  get missing(): readonly NodeId[] {
    return this.formed ? [] : this.#others.filter((member) => !this.#met.has(member));
  }

  /** The identity to write down once nobody is missing; `confirm` it when it is on stable storage. */
  complete(): Identity {
    assert(this.missing.length === 0, 'every member was met');
    return { ...this.#identity, peers: this.#peers ?? new Map(this.#met) };
  }

  /** What `complete` gave is on stable storage: from here on this node takes part in Raft. */
  confirm(identity: Identity): void {
    this.#peers = present(identity.peers, 'a formed identity knows its peers');
  }

  helloTo(peer: NodeId): PeerHelloFrame {
    const { clusterId, nodeId, incarnation } = this.#identity;
    const knownIncarnation = (this.#peers ?? this.#met).get(peer);
    return {
      kind: 'peer-hello',
      clusterId,
      nodeId,
      to: peer,
      incarnation,
      formed: this.formed,
      knownIncarnation,
    };
  }

  judgeCaller(hello: PeerHelloFrame): PeerVerdict {
    const wrong = this.#mismatch(hello);
    if (wrong !== undefined) return wrong;
    if (this.#peers === undefined) {
      // It began anew since it was met: it must be met again, or it would be written down as it was.
      if (this.#met.get(hello.nodeId) !== hello.incarnation) this.#met.delete(hello.nodeId);
      return ACCEPT;
    }
    const stranger = this.#stranger(this.#peers, hello);
    if (stranger !== undefined) return stranger;
    if (!this.#knowsMe(hello)) {
      const message = `node ${hello.nodeId} knows node ${this.#identity.nodeId} under another incarnation`;
      return { kind: 'refuse', code: 'NODE_MISMATCH', message };
    }
    return ACCEPT;
  }

  judgeAnswer(peer: NodeId, hello: PeerHelloFrame): PeerVerdict {
    const wrong = this.#mismatch(hello);
    if (wrong !== undefined) return wrong;
    if (hello.nodeId !== peer) {
      const message = `node ${hello.nodeId} answers at the address of node ${peer}`;
      return { kind: 'refuse', code: 'NODE_MISMATCH', message };
    }
    if (!this.#knowsMe(hello)) {
      const { nodeId } = this.#identity;
      return { kind: 'amnesia', message: `node ${peer} knows node ${nodeId} under another incarnation` };
    }
    if (this.#peers !== undefined) return this.#stranger(this.#peers, hello) ?? ACCEPT;
    this.#met.set(peer, hello.incarnation);
    return ACCEPT;
  }

  /** A formed node's word on who this node is; one that is not formed has no word on it yet. */
  #knowsMe(hello: PeerHelloFrame): boolean {
    return !hello.formed || hello.knownIncarnation === this.#identity.incarnation;
  }

  #mismatch(hello: PeerHelloFrame): PeerVerdict | undefined {
    const { clusterId, nodeId } = this.#identity;
    if (hello.clusterId !== clusterId) {
      const message = `node ${nodeId} is of cluster ${quoted(clusterId)}, the other one of ${quoted(hello.clusterId)}`;
      return { kind: 'refuse', code: 'CLUSTER_MISMATCH', message };
    }
    if (hello.to !== nodeId) {
      return {
        kind: 'refuse',
        code: 'NODE_MISMATCH',
        message: `this is node ${nodeId}, not node ${hello.to}`,
      };
    }
    if (!this.#others.includes(hello.nodeId)) {
      const message = `node ${hello.nodeId} is no other member of the cluster that node ${nodeId} knows`;
      return { kind: 'refuse', code: 'NODE_MISMATCH', message };
    }
    return undefined;
  }

  #stranger(peers: ReadonlyMap<NodeId, string>, hello: PeerHelloFrame): PeerVerdict | undefined {
    if (peers.get(hello.nodeId) === hello.incarnation) return undefined;
    const message =
      `node ${hello.nodeId} was known to node ${this.#identity.nodeId} with another data directory: ` +
      'what it promised with that one is forgotten, so it must not vote';
    return { kind: 'refuse', code: 'AMNESIA', message };
  }
}

function quoted(clusterId: string): string {
  return JSON.stringify(clusterId);
}
