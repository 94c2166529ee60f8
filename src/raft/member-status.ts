import type { Index } from '../base/flavor.ts';
import { type Member, type MemberRole, roleOf } from './configuration.ts';
import type { ProgressKind } from './progress.ts';
import type { Leading, RaftState } from './state.ts';
import { isRecentlyActive } from './transfer.ts';

/** One member as this node sees it; how far it is, a leader alone knows. */
export interface MemberStatus extends Member {
  readonly role: MemberRole;
  /** It holds the leader's log up to here, on its disk. */
  readonly matchIndex?: Index;
  readonly state?: ProgressKind;
  /** It answered within the last election timeout or two. */
  readonly recentlyActive?: boolean;
}

export function memberStatuses(state: RaftState): readonly MemberStatus[] {
  const { configuration } = state.configuration;
  const { part } = state;
  return Array.from(configuration.members.values(), (member): MemberStatus => {
    const { id, address, incarnation } = member;
    const role = roleOf(configuration, id) ?? 'learner';
    if (part.kind !== 'leader') return { id, address, incarnation, role };
    return { id, address, incarnation, role, ...progressOf(state, part, member) };
  });
}

function progressOf(state: RaftState, leading: Leading, { id }: Member): Partial<MemberStatus> {
  if (id === state.id) {
    return { matchIndex: state.writer.stableIndex, state: 'replicate', recentlyActive: true };
  }
  const progress = leading.followers.get(id);
  if (progress === undefined) return {};
  const { matchIndex, kind } = progress;
  return { matchIndex, state: kind, recentlyActive: isRecentlyActive(leading, id) };
}
