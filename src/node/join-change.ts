import type { NodeId } from '../base/flavor.ts';
import type { Configuration, Member, MemberChange } from '../raft/configuration.ts';
import type { JoinFrame } from '../wire/admin-frames.ts';

export type JoinRequest = Pick<JoinFrame, 'address' | 'incarnation' | 'replaces'>;

/** The place that whoever asks has already; a place that is kept free has no incarnation, and is known by its address. */
export function placeOf(
  configuration: Configuration,
  { address, incarnation }: JoinRequest,
): NodeId | undefined {
  const isTheirs = (member: Member): boolean =>
    member.incarnation === incarnation && (incarnation !== '' || member.address === address);
  return [...configuration.members.values()].find(isTheirs)?.id;
}

/**
 * How whoever asks gets a place: as a learner, so that it may take its time to catch up. It takes the
 * place that is kept free for its address, if there is one; an id is not given twice otherwise.
 *
 * Where it is to replace a member at the very same address, that one is surely gone: it leaves at
 * once. A voter that does not answer helps no majority.
 */
export function joinChanges(configuration: Configuration, join: JoinRequest): readonly MemberChange[] {
  const { address, incarnation, replaces } = join;
  const id = placeOf(configuration, { ...join, incarnation: '' }) ?? configuration.nextId;
  const add: MemberChange = { kind: 'add-learner', member: { id, address, incarnation } };
  const isInItsPlace = replaces !== undefined && configuration.members.get(replaces)?.address === address;
  return isInItsPlace ? [{ kind: 'remove', id: replaces }, add] : [add];
}
