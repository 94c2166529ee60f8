import { unreachable } from '../base/assert.ts';
import { type ErrorCode, ERROR_FACTS, StoreError } from '../base/errors.ts';
import type { NodeId } from '../base/flavor.ts';
import type { Configuration, MemberChange } from '../raft/configuration.ts';
import type { CallerId, Input, MemberStatus, ReplicaStatus } from '../replica/input.ts';
import type { Reply } from '../replica/output.ts';
import type {
  AdminFrame,
  JoinFrame,
  MemberProgress,
  MemberReport,
  PlacedFrame,
} from '../wire/admin-frames.ts';
import type { MemberAddress, RequestId, ServerFrame } from '../wire/client-frames.ts';
import { parseAddress } from './address.ts';
import { joinChanges, placeOf } from './join-change.ts';

export interface AdminDeskOptions {
  readonly clusterId: string;
  readonly cluster: () => ClusterView;
  /** Puts an input to the replica, and settles with its answer. */
  readonly ask: (input: (caller: CallerId) => Input) => Promise<Reply>;
}

/** What the desk looks at. */
export interface ClusterView {
  readonly status: ReplicaStatus;
  /** Where the members are now, which may differ from what the log says. */
  readonly members: readonly MemberAddress[];
  /** The latest in the log. */
  readonly active: Configuration;
  /** The latest that is committed and applied. */
  readonly committed: Configuration;
}

/** Serves operators: lists the members, changes them, gives places, and moves the leadership. */
export class AdminDesk {
  readonly #options: AdminDeskOptions;

  constructor(options: AdminDeskOptions) {
    this.#options = options;
  }

  /** The one answer to a request. */
  async serve(frame: AdminFrame): Promise<ServerFrame> {
    switch (frame.kind) {
      case 'member-list':
        return this.#list(frame.request);
      case 'member-change':
        return this.#change(frame.request, frame.changes);
      case 'leader-transfer':
        return this.#transfer(frame.request, frame.to);
      case 'join':
        return this.#join(frame);
      default:
        return unreachable(frame);
    }
  }

  #list(request: RequestId): ServerFrame {
    const { status, active, committed } = this.#options.cluster();
    const { term, leader } = status;
    return {
      kind: 'members',
      request,
      nodeId: status.id,
      term,
      leader,
      settled: isSame(active, committed),
      members: this.#reports(),
    };
  }

  async #change(request: RequestId, changes: readonly MemberChange[]): Promise<ServerFrame> {
    const wrong = changes.map(wrongAddress).find((message) => message !== undefined);
    if (wrong !== undefined) return this.#refuse(request, 'BAD_REQUEST', wrong);
    const { nextId } = this.#options.cluster().active;
    const added = changes.flatMap((change) => ('member' in change ? [change.member.id] : []));
    // A hole would be lost for good, since ids only grow.
    const hole = added.find((id, at) => id > nextId + at);
    if (hole !== undefined) {
      return this.#refuse(request, 'CHANGE_INVALID', `the next id is ${nextId}, not ${hole}`);
    }
    return this.#answer(request, await this.#askFor(changes));
  }

  async #transfer(request: RequestId, to: NodeId | undefined): Promise<ServerFrame> {
    return this.#answer(request, await this.#options.ask((caller) => ({ kind: 'transfer', caller, to })));
  }

  async #join(join: JoinFrame): Promise<ServerFrame> {
    const { request } = join;
    const wrong = addressError(join.address);
    if (wrong !== undefined) return this.#refuse(request, 'BAD_REQUEST', wrong);
    const placed = this.#placed(join);
    if (placed !== undefined) return placed;
    const { status, active } = this.#options.cluster();
    if (status.role !== 'leader') return this.#refuse(request, 'NOT_LEADER', 'this node does not lead');
    if (placeOf(active, join) !== undefined) {
      // It asked before, maybe another leader: to be given a second place it would be refused, for its address is taken.
      return this.#refuse(request, 'TOO_BUSY', 'the place of this node is not committed yet');
    }
    const reply = await this.#askFor(joinChanges(active, join));
    if (reply.kind === 'error') return this.#answer(request, reply);
    return this.#placed(join) ?? this.#refuse(request, 'TOO_BUSY', 'the members changed meanwhile');
  }

  /** Only what is committed is promised. */
  #placed(join: JoinFrame): PlacedFrame | undefined {
    const nodeId = placeOf(this.#options.cluster().committed, join);
    if (nodeId === undefined) return undefined;
    const members = this.#reports();
    return { kind: 'placed', request: join.request, clusterId: this.#options.clusterId, nodeId, members };
  }

  #reports(): readonly MemberReport[] {
    const { status, members } = this.#options.cluster();
    const addresses = new Map(members.map(({ id, address }) => [id, address]));
    return status.members.map((member) => reportOf(status, member, addresses.get(member.id)));
  }

  #askFor(changes: readonly MemberChange[]): Promise<Reply> {
    const change = { changes, transition: 'auto' } as const;
    return this.#options.ask((caller) => ({ kind: 'change-members', caller, change }));
  }

  #answer(request: RequestId, reply: Reply): ServerFrame {
    if (reply.kind === 'error') return this.#refuse(request, reply.code, reply.message);
    const { result, revision, index } = reply;
    return { kind: 'result', request, result, revision, index };
  }

  #refuse(request: RequestId, code: ErrorCode, message: string): ServerFrame {
    const { leader } = this.#options.cluster().status;
    return { kind: 'error', request, code, outcome: ERROR_FACTS[code].outcome, message, leader };
  }
}

function isSame(one: Configuration, other: Configuration): boolean {
  return sidesOf(one) === sidesOf(other) && one.nextId === other.nextId;
}

function sidesOf({ voters, outgoing, learners }: Configuration): string {
  return JSON.stringify([voters, outgoing, learners]);
}

function wrongAddress(change: MemberChange): string | undefined {
  return 'member' in change ? addressError(change.member.address) : undefined;
}

function addressError(address: string): string | undefined {
  try {
    parseAddress('address', address);
    return undefined;
  } catch (error) {
    if (error instanceof StoreError) return error.message;
    throw error;
  }
}

function reportOf(status: ReplicaStatus, member: MemberStatus, address: string | undefined): MemberReport {
  const { id, incarnation, role } = member;
  return { id, address: address ?? member.address, incarnation, role, progress: progressOf(status, member) };
}

function progressOf(status: ReplicaStatus, member: MemberStatus): MemberProgress | undefined {
  const { matchIndex, state, recentlyActive } = member;
  if (matchIndex === undefined || state === undefined || recentlyActive === undefined) return undefined;
  const entriesBehind = Math.max(0, status.lastIndex - matchIndex);
  return {
    state,
    matchIndex,
    recentlyActive,
    entriesBehind,
    bytesBehind: bytesBehind(status, member, entriesBehind),
    snapshotPercent: snapshotPercent(member),
  };
}

/** About: entries are taken to be as large as those of the log on average. */
function bytesBehind(
  { firstIndex, lastIndex, logBytes, stateBytes }: ReplicaStatus,
  { state, snapshot }: MemberStatus,
  entriesBehind: number,
): number {
  const entries = Math.max(1, lastIndex - firstIndex + 1);
  const ofLog = Math.round((logBytes / entries) * Math.min(entriesBehind, entries));
  if (snapshot !== undefined) return ofLog + Math.max(0, snapshot.total.bytes - snapshot.done.bytes);
  return state === 'snapshot' || entriesBehind > entries ? ofLog + stateBytes : ofLog;
}

function snapshotPercent({ snapshot }: MemberStatus): number | undefined {
  if (snapshot === undefined) return undefined;
  const { done, total } = snapshot;
  return Math.min(100, Math.floor((100 * done.bytes) / Math.max(1, total.bytes)));
}
