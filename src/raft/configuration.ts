import { assert } from '../base/assert.ts';
import type { NodeId } from '../base/flavor.ts';

/** One node of the cluster, with or without a vote. */
export interface Member {
  readonly id: NodeId;
  /** `host:port` at which the others find it. */
  readonly address: string;
  /** Tells one data directory from another of the same id; empty for the members that formed the cluster. */
  readonly incarnation: string;
}

/**
 * Who makes up the cluster, and who of them counts (thesis, chapter 4).
 *
 * While `outgoing` is not empty, the cluster is in the joint phase of a change (thesis, section 4.3):
 * whatever needs a majority needs one of `voters` and one of `outgoing`.
 */
export interface Configuration {
  /** Ascending. None at all only at a node that has not heard yet who the others are. */
  readonly voters: readonly NodeId[];
  /** The voters before, while a joint change is under way; otherwise empty. Ascending. */
  readonly outgoing: readonly NodeId[];
  /** They get the log, and have no say (thesis, section 4.2.1). Ascending; none of them is a voter, new or outgoing. */
  readonly learners: readonly NodeId[];
  /** Those of `outgoing` that become learners when the joint phase ends. Ascending. */
  readonly learnersNext: readonly NodeId[];
  /** The leader ends the joint phase by itself, as soon as it is committed. */
  readonly autoLeave: boolean;
  /** Everyone named above, in the order of the ids. */
  readonly members: ReadonlyMap<NodeId, Member>;
  /** Above every id that was ever given: ids are not used twice. */
  readonly nextId: NodeId;
}

export type MemberChange =
  | { readonly kind: 'add-learner' | 'add-voter'; readonly member: Member }
  | { readonly kind: 'promote' | 'demote' | 'remove'; readonly id: NodeId };

export interface ConfigurationChange {
  /** Each member is named at most once. */
  readonly changes: readonly MemberChange[];
  /**
   * `auto`: in one step if at most one vote comes or goes, through a joint phase otherwise. `joint`:
   * through a joint phase, that ends by itself. `explicit`: the same, but `leaveJoint` must end it.
   */
  readonly transition: 'auto' | 'joint' | 'explicit';
}

/** Why a change cannot be made, whatever the cluster does. */
export interface ChangeRefused {
  readonly refused: 'MEMBER_UNKNOWN' | 'MEMBER_EXISTS' | 'CHANGE_INVALID';
  readonly message: string;
}

/** At most so many members, with addresses and incarnations of at most so many characters. */
export const MEMBERS_MAX = 64;
export const MEMBER_ADDRESS_LENGTH_MAX = 300;
export const MEMBER_INCARNATION_LENGTH_MAX = 64;

/** What a node knows of its cluster before it heard anything: it follows, and never campaigns. */
export const NO_CONFIGURATION: Configuration = {
  voters: [],
  outgoing: [],
  learners: [],
  learnersNext: [],
  autoLeave: false,
  members: new Map(),
  nextId: 1,
};

/** The configuration of a new cluster: all of them vote. */
export function bootstrapConfiguration(members: readonly Member[]): Configuration {
  const sorted = [...members].sort((one, other) => one.id - other.id);
  const voters = sorted.map(({ id }) => id);
  return {
    ...NO_CONFIGURATION,
    voters,
    members: new Map(sorted.map((member) => [member.id, member])),
    nextId: Math.max(0, ...voters) + 1,
  };
}

export function isJoint(configuration: Configuration): boolean {
  return configuration.outgoing.length > 0;
}

export type MemberRole = 'voter' | 'learner' | 'incoming' | 'outgoing';

/** What a member is now: `incoming` and `outgoing` are voters of one side of a joint phase only. */
export function roleOf(configuration: Configuration, id: NodeId): MemberRole | undefined {
  const { voters, outgoing, learners } = configuration;
  if (voters.includes(id)) return outgoing.length === 0 || outgoing.includes(id) ? 'voter' : 'incoming';
  if (outgoing.includes(id)) return 'outgoing';
  return learners.includes(id) ? 'learner' : undefined;
}

/**
 * The configuration that a change leads to: the next one itself, or the joint phase on the way to it.
 *
 * One vote more or less needs no joint phase, since every majority before and every majority after
 * share a member (thesis, section 4.1); anything else does (thesis, section 4.3).
 */
export function applyChange(
  configuration: Configuration,
  { changes, transition }: ConfigurationChange,
): Configuration | ChangeRefused {
  if (isJoint(configuration)) return invalid('another change of the members is under way');
  const next = draftOf(configuration);
  const named = new Set<NodeId>();
  for (const change of changes) {
    const id = idOf(change);
    if (named.has(id)) return invalid(`the change names node ${id} twice`);
    named.add(id);
    const refusal = applyTo(next, change);
    if (refusal !== undefined) return refusal;
  }
  const refusal = checkWhole(next, changes);
  if (refusal !== undefined) return refusal;
  const direct = transition === 'auto' && votesChanged(configuration.voters, next.voters) <= 1;
  return direct ? finished(next) : jointly(configuration, next, { autoLeave: transition !== 'explicit' });
}

/** The configuration behind a joint phase. */
export function leaveJoint(configuration: Configuration): Configuration {
  assert(isJoint(configuration), 'only a joint phase can be left');
  const { voters, learners, learnersNext, members, nextId } = configuration;
  return finished({
    voters: new Set(voters),
    learners: new Set([...learners, ...learnersNext]),
    members: new Map(members),
    nextId,
  });
}

/** A configuration in the making. `members` may name more than those who stay. */
interface Draft {
  readonly voters: Set<NodeId>;
  readonly learners: Set<NodeId>;
  readonly members: Map<NodeId, Member>;
  nextId: NodeId;
}

function draftOf({ voters, learners, members, nextId }: Configuration): Draft {
  return { voters: new Set(voters), learners: new Set(learners), members: new Map(members), nextId };
}

function idOf(change: MemberChange): NodeId {
  return 'member' in change ? change.member.id : change.id;
}

function applyTo(draft: Draft, change: MemberChange): ChangeRefused | undefined {
  if ('member' in change) return add(draft, change);
  const { kind, id } = change;
  const isVoter = draft.voters.has(id);
  if (!isVoter && !draft.learners.has(id)) {
    return { refused: 'MEMBER_UNKNOWN', message: `node ${id} is no member of the cluster` };
  }
  if (kind === 'promote' && isVoter) return invalid(`node ${id} has a vote already`);
  if (kind === 'demote' && !isVoter) return invalid(`node ${id} is a learner already`);
  draft.voters.delete(id);
  draft.learners.delete(id);
  if (kind === 'promote') draft.voters.add(id);
  if (kind === 'demote') draft.learners.add(id);
  return undefined;
}

function add(
  draft: Draft,
  { kind, member }: Extract<MemberChange, { readonly member: Member }>,
): ChangeRefused | undefined {
  const { id, address, incarnation } = member;
  if (kind === 'add-learner' && isKeptFree(draft, member)) {
    draft.members.set(id, member);
    return undefined;
  }
  if (draft.members.has(id)) {
    return { refused: 'MEMBER_EXISTS', message: `node ${id} is a member already` };
  }
  if (!Number.isSafeInteger(id) || id < draft.nextId) {
    return invalid(`the id ${id} was given before: the next one is ${draft.nextId}`);
  }
  if (address.length > MEMBER_ADDRESS_LENGTH_MAX || incarnation.length > MEMBER_INCARNATION_LENGTH_MAX) {
    return invalid(`the address or the incarnation of node ${id} is too long`);
  }
  (kind === 'add-voter' ? draft.voters : draft.learners).add(id);
  draft.members.set(id, member);
  draft.nextId = id + 1;
  return undefined;
}

/** A learner whose place nobody has taken yet: it has no incarnation, and has promised nothing. */
function isKeptFree(draft: Draft, { id, address, incarnation }: Member): boolean {
  const kept = draft.learners.has(id) ? draft.members.get(id) : undefined;
  return kept?.incarnation === '' && kept.address === address && incarnation !== '';
}

function checkWhole(draft: Draft, changes: readonly MemberChange[]): ChangeRefused | undefined {
  if (changes.length === 0) return invalid('the change is empty');
  if (draft.voters.size === 0) return invalid('the change leaves no voter');
  if (draft.members.size > MEMBERS_MAX) return invalid(`a cluster has at most ${MEMBERS_MAX} members`);
  const addresses = new Map<string, NodeId>();
  for (const id of [...draft.voters, ...draft.learners]) {
    const address = draft.members.get(id)?.address ?? '';
    const other = addresses.get(address);
    if (other !== undefined && address !== '') {
      return { refused: 'MEMBER_EXISTS', message: `nodes ${other} and ${id} would both be at ${address}` };
    }
    addresses.set(address, id);
  }
  return undefined;
}

function votesChanged(before: readonly NodeId[], after: ReadonlySet<NodeId>): number {
  const gone = before.filter((id) => !after.has(id)).length;
  return gone + after.size - (before.length - gone);
}

function finished({ voters, learners, members, nextId }: Draft): Configuration {
  return {
    ...NO_CONFIGURATION,
    voters: ascending(voters),
    learners: ascending(learners),
    members: membersOf(members, [...voters, ...learners]),
    nextId,
  };
}

/** Whoever loses its vote keeps it on the outgoing side until the phase ends, and is no learner before. */
function jointly(
  { voters: outgoing }: Configuration,
  { voters, learners, members, nextId }: Draft,
  { autoLeave }: { readonly autoLeave: boolean },
): Configuration {
  const demoted = outgoing.filter((id) => learners.has(id));
  return {
    voters: ascending(voters),
    outgoing,
    learners: ascending(learners).filter((id) => !demoted.includes(id)),
    learnersNext: demoted,
    autoLeave,
    members: membersOf(members, [...voters, ...outgoing, ...learners]),
    nextId,
  };
}

function membersOf(all: ReadonlyMap<NodeId, Member>, named: readonly NodeId[]): ReadonlyMap<NodeId, Member> {
  const members = new Map<NodeId, Member>();
  for (const id of ascending(new Set(named))) {
    const member = all.get(id);
    assert(member !== undefined, 'whoever is in a configuration is known');
    members.set(id, member);
  }
  return members;
}

function ascending(ids: ReadonlySet<NodeId>): readonly NodeId[] {
  return [...ids].sort((one, other) => one - other);
}

function invalid(message: string): ChangeRefused {
  return { refused: 'CHANGE_INVALID', message };
}

/** A member once, by a configuration that knows of its id, and none any more. */
export function wasRemoved({ members, nextId }: Configuration, id: NodeId): boolean {
  return id < nextId && !members.has(id);
}
