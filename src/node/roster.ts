import type { NodeId } from '../base/flavor.ts';
import type { Configuration, Member } from '../raft/configuration.ts';
import type { Identity } from '../storage/identity.ts';
import type { MemberAddress } from '../wire/client-frames.ts';

/** What is known of another node. */
export type Acquaintance =
  /** `incarnation` is undefined if nobody has told it. */
  | { readonly kind: 'member'; readonly incarnation: string | undefined }
  /** It was a member, and never will be again: ids are not used twice. */
  | { readonly kind: 'removed' }
  /** Not heard of: its place may be in a part of the log that this node has yet to get. */
  | { readonly kind: 'unknown' };

/**
 * Who the members are, and where. It gathers what the operator gave, what was met while the cluster
 * formed or told at the joining, what the log says, and what those say who dial this node.
 *
 * A new member may ask for the vote of a node that has not heard of it yet, and needs an answer (thesis,
 * section 4.1): so whoever was accepted is dialled back at the address that it gave, known or not.
 */
export class Roster {
  readonly #self: MemberAddress;
  /** From the operator: these addresses come before all others. */
  readonly #given: ReadonlyMap<NodeId, string>;
  /** Who the members are until the log tells. */
  readonly #first: ReadonlyMap<NodeId, string>;
  /** Incarnations, as met when the cluster formed or as told at the joining. */
  #met: ReadonlyMap<NodeId, string>;
  /** Where callers say that they are. */
  readonly #heard = new Map<NodeId, string>();
  #active: Configuration | undefined;
  #applied: Configuration | undefined;

  /** @param given the members that are to form the cluster; once it is formed, addresses that replace those in the log */
  constructor(identity: Identity, address: string, given: readonly MemberAddress[]) {
    const { nodeId, peers, joined } = identity;
    this.#self = { id: nodeId, address };
    this.#given = addressesOf(given);
    this.#first = joined === undefined ? founders(nodeId, peers, this.#given) : addressesOf(joined.members);
    this.#met = peers ?? new Map();
  }

  get self(): MemberAddress {
    return this.#self;
  }

  /** Who formed the cluster, as far as a founder knows. */
  get founders(): readonly MemberAddress[] {
    return [...this.#first.keys()].map((id) => ({ id, address: this.#addressOf(id) }));
  }

  /** All members as far as this node knows, itself included while it is one. */
  get members(): readonly MemberAddress[] {
    const ids = [...(this.#active?.members ?? this.#first).keys()];
    return ids.map((id) => ({ id, address: this.#addressOf(id) }));
  }

  /** Whom to dial: the other members, those that an unfinished change adds or removes, and callers not heard of. */
  get peers(): readonly MemberAddress[] {
    const known = [this.#active, this.#applied].flatMap((configuration) => [
      ...(configuration?.members ?? this.#first).keys(),
    ]);
    const callers = [...this.#heard.keys()].filter((id) => this.who(id).kind === 'unknown');
    const ids = [...new Set([...known, ...callers])];
    return ids
      .filter((id) => id !== this.#self.id)
      .map((id) => ({ id, address: this.#addressOf(id) }))
      .filter(({ address }) => address !== '');
  }

  who(id: NodeId): Acquaintance {
    const member = this.#memberOf(id);
    if (member !== undefined) {
      return { kind: 'member', incarnation: member.incarnation || this.#met.get(id) };
    }
    const applied = this.#applied;
    if (applied !== undefined) return { kind: id < applied.nextId ? 'removed' : 'unknown' };
    return this.#first.has(id) ? { kind: 'member', incarnation: this.#met.get(id) } : { kind: 'unknown' };
  }

  /** What the log says: the latest configuration in it, and the latest that is committed and applied. */
  follow(active: Configuration, applied: Configuration): void {
    this.#active = active.members.size === 0 ? undefined : active;
    this.#applied = applied.members.size === 0 ? undefined : applied;
  }

  /** The cluster was formed. */
  met(incarnations: ReadonlyMap<NodeId, string>): void {
    this.#met = incarnations;
  }

  /** A caller was accepted, and says where it is found. Returns whether that was news. */
  heard(id: NodeId, address: string): boolean {
    if (address === '' || this.#heard.get(id) === address) return false;
    this.#heard.set(id, address);
    return true;
  }

  /** A caller is gone. One that the log tells of is still dialled. Returns whether it is not. */
  gone(id: NodeId): boolean {
    return this.who(id).kind === 'unknown' && this.#heard.delete(id);
  }

  #memberOf(id: NodeId): Member | undefined {
    return this.#active?.members.get(id) ?? this.#applied?.members.get(id);
  }

  #addressOf(id: NodeId): string {
    if (id === this.#self.id) return this.#self.address;
    const told = this.#given.get(id) ?? this.#heard.get(id);
    return told ?? this.#memberOf(id)?.address ?? this.#first.get(id) ?? '';
  }
}

/** Those that were met are those that formed the cluster, whoever is given now. */
function founders(
  self: NodeId,
  peers: ReadonlyMap<NodeId, string> | undefined,
  given: ReadonlyMap<NodeId, string>,
): ReadonlyMap<NodeId, string> {
  if (peers === undefined) return given;
  const ids = [self, ...peers.keys()].toSorted((one, other) => one - other);
  return new Map(ids.map((id) => [id, given.get(id) ?? '']));
}

function addressesOf(members: readonly MemberAddress[]): ReadonlyMap<NodeId, string> {
  return new Map(members.map(({ id, address }) => [id, address]));
}
