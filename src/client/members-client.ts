import { StoreError } from '../base/errors.ts';
import type { NodeId } from '../base/flavor.ts';
import type {
  JoinFrame,
  MemberChangeFrame,
  MemberReport,
  MembersFrame,
  PlacedFrame,
} from '../wire/admin-frames.ts';
import type { Reply } from './call.ts';
import type { Courier } from './courier.ts';
import type { CallOptions, ReadOptions } from './options.ts';

/** Who the members are, as one node says. */
export interface MemberList {
  /** Who says so; only a leader knows how far the others are. */
  readonly nodeId: NodeId;
  readonly term: number;
  readonly leader: NodeId | undefined;
  /** No change is under way. */
  readonly settled: boolean;
  readonly members: readonly MemberReport[];
}

/** A place in the cluster. */
export interface Place {
  readonly clusterId: string;
  readonly id: NodeId;
  readonly members: readonly MemberReport[];
}

/** Whoever asks for a place. */
export type Candidate = Pick<JoinFrame, 'address' | 'incarnation'> & {
  readonly replaces?: NodeId | undefined;
};

type MemberChanges = MemberChangeFrame['changes'];

/**
 * Changes who the members of the cluster are (thesis, chapter 4). Each method settles when its change
 * is committed, joint phase included. One whose answer was lost is looked up before it is given up.
 *
 * All throw StoreError; beside the codes of every call: MEMBER_UNKNOWN, MEMBER_EXISTS, LEARNER_BEHIND,
 * QUORUM_AT_RISK, CHANGE_INVALID.
 */
export class MembersClient {
  readonly #courier: Courier;

  constructor(courier: Courier) {
    this.#courier = courier;
  }

  /** As the leader sees them; or, with `consistency: 'stale'`, as any node does. */
  list(options: ReadOptions = {}): Promise<MemberList> {
    return this.#courier.adminQuery({ kind: 'member-list' }, options, memberList);
  }

  /** Keeps a place free, as a learner, for a node that will join from this address. */
  add(address: string, options: CallOptions = {}): Promise<Place> {
    return this.join({ address, incarnation: '' }, options);
  }

  /** Gives a place, as a learner, to a node with this incarnation: the same one whenever it asks. */
  join({ address, incarnation, replaces }: Candidate, options: CallOptions = {}): Promise<Place> {
    const request = { kind: 'join', address, incarnation, replaces } as const;
    return this.#courier.adminChange(request, options, place);
  }

  /** Gives a vote to a learner that has caught up. */
  promote(id: NodeId, options: CallOptions = {}): Promise<void> {
    return this.#change([{ kind: 'promote', id }], (found) => found(id) === 'voter', options);
  }

  /** Makes a learner of a voter. */
  demote(id: NodeId, options: CallOptions = {}): Promise<void> {
    return this.#change([{ kind: 'demote', id }], (found) => found(id) === 'learner', options);
  }

  /** Takes a member out, for good: its id is never used again. */
  remove(id: NodeId, options: CallOptions = {}): Promise<void> {
    return this.#change([{ kind: 'remove', id }], (found) => found(id) === undefined, options);
  }

  /** Gives a learner that has caught up the place of another member, in one step. */
  replace(former: NodeId, learner: NodeId, options: CallOptions = {}): Promise<void> {
    return this.#change(
      [
        { kind: 'promote', id: learner },
        { kind: 'remove', id: former },
      ],
      (found) => found(learner) === 'voter' && found(former) === undefined,
      options,
    );
  }

  async #change(
    changes: MemberChanges,
    isDone: (roleOf: (id: NodeId) => MemberReport['role'] | undefined) => boolean,
    options: CallOptions,
  ): Promise<void> {
    try {
      await this.#courier.adminChange({ kind: 'member-change', changes }, options, () => undefined);
    } catch (error) {
      if (!(error instanceof StoreError) || error.outcome !== 'unknown') throw error;
      // An earlier attempt may have taken effect, and what this one was told follows from that.
      const { settled, members } = await this.list(options);
      const roles = new Map(members.map(({ id, role }) => [id, role]));
      if (!settled || !isDone((id) => roles.get(id))) throw error;
    }
  }
}

/** Moves the leadership (thesis, section 3.10). */
export class LeaderClient {
  readonly #courier: Courier;

  constructor(courier: Courier) {
    this.#courier = courier;
  }

  /**
   * Lets another voter lead: this one, or whoever is fit for it. Settles with its id when it leads.
   *
   * @throws StoreError TRANSFER_FAILED, MEMBER_UNKNOWN, CHANGE_INVALID
   */
  transfer(to?: NodeId, options: CallOptions = {}): Promise<NodeId> {
    return this.#courier.adminChange({ kind: 'leader-transfer', to }, options, ({ result }) => {
      if (typeof result === 'number') return result;
      throw new StoreError('PROTOCOL_VIOLATION', 'the node did not say who leads');
    });
  }
}

function memberList({ result }: Reply): MemberList {
  const frame = result as MembersFrame | PlacedFrame;
  if (frame.kind !== 'members') throw unexpected(frame.kind);
  const { nodeId, term, leader, settled, members } = frame;
  return { nodeId, term, leader, settled, members };
}

function place({ result }: Reply): Place {
  const frame = result as MembersFrame | PlacedFrame;
  if (frame.kind !== 'placed') throw unexpected(frame.kind);
  const { clusterId, nodeId: id, members } = frame;
  return { clusterId, id, members };
}

function unexpected(kind: string): StoreError {
  return new StoreError('PROTOCOL_VIOLATION', `a ${kind} frame answers another request`);
}
