import { FIRST_VERSION } from '../base/version.ts';
import type { NodeId, Term } from '../base/flavor.ts';
import type { RaiseVersion } from '../machine/root-version.ts';
import type { Raft } from '../raft/raft.ts';
import type { CallerId } from './input.ts';
import type { Reply } from './output.ts';

/**
 * How a cluster of two releases works: by the version in its records, which its leader raises once
 * every member, learners too, is known to understand a later one. What needs a later version than that
 * enters no log, since a member that has yet to be upgraded could not apply it.
 */
export class Versions {
  readonly #self: NodeId;
  readonly #own: number;
  readonly #raft: Raft;
  readonly #read: () => number;
  /** The latest that each of the others understands, as it said when it met this node last. */
  readonly #peers = new Map<NodeId, number>();
  /** What this leader has put into its log already, in this term. */
  #asked: { readonly term: Term; readonly version: number } = { term: 0, version: 0 };

  /**
   * @param own - the latest version that this node understands
   * @param read - by which version the cluster works, as this node's records say
   */
  constructor(self: NodeId, own: number, raft: Raft, read: () => number) {
    this.#self = self;
    this.#own = own;
    this.#raft = raft;
    this.#read = read;
  }

  get own(): number {
    return this.#own;
  }

  /** By which version the cluster works, as far as this node has applied the log. */
  get cluster(): number {
    return this.#read();
  }

  /** The cluster has moved on: this node would not understand what it is to apply. */
  get isOutdated(): boolean {
    return this.cluster > this.#own;
  }

  /** A peer has said what it understands. */
  heard(peer: NodeId, version: number): void {
    this.#peers.set(peer, version);
  }

  /** What this leader is to put into its log now, beside commands. */
  due(): RaiseVersion | undefined {
    if (this.cluster >= this.#own) return undefined;
    const { term } = this.#raft;
    const raiseTo = this.#common;
    if (raiseTo <= this.cluster) return undefined;
    return this.#asked.term === term && this.#asked.version >= raiseTo ? undefined : { raiseTo };
  }

  /** It is in the log. */
  asked({ raiseTo }: RaiseVersion): void {
    this.#asked = { term: this.#raft.term, version: raiseTo };
  }

  /** Why a leader does not take this into its log, if the cluster's version does not allow it yet. */
  refuse(caller: CallerId, what: string, needed: number): Reply | undefined {
    const { cluster } = this;
    if (needed <= cluster) return undefined;
    const { leader } = this.#raft;
    if (needed <= this.#common) {
      const message = `the cluster is just going over from version ${cluster} to ${this.#common}`;
      return { kind: 'error', caller, code: 'TOO_BUSY', message, leader };
    }
    const message =
      `${what} needs version ${needed}, and the cluster works by version ${cluster}: ` +
      this.#behind(needed).join(', ');
    return { kind: 'error', caller, code: 'VERSION_UNSUPPORTED', message, leader };
  }

  /** The latest version that all members are known to understand. */
  get #common(): number {
    const ids = [...this.#raft.configuration.members.keys()];
    return Math.min(this.#own, ...ids.map((id) => this.#of(id) ?? FIRST_VERSION));
  }

  #of(id: NodeId): number | undefined {
    return id === this.#self ? this.#own : this.#peers.get(id);
  }

  #behind(needed: number): readonly string[] {
    const ids = [
      this.#self,
      ...[...this.#raft.configuration.members.keys()].filter((id) => id !== this.#self),
    ];
    return ids.flatMap((id) => {
      const version = this.#of(id);
      if (version === undefined) return [`node ${id} has not been heard of yet: start it, or remove it`];
      return version < needed ? [`node ${id} understands no more than ${version}`] : [];
    });
  }
}
