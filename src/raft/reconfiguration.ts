import type { Index, NodeId, Term } from '../base/flavor.ts';
import { encodeConfiguration } from './configuration-codec.ts';
import {
  applyChange,
  type ChangeRefused,
  type Configuration,
  type ConfigurationChange,
  isJoint,
  leaveJoint,
} from './configuration.ts';
import { Membership } from './membership.ts';
import { appendOwn, hasCommittedOwnTerm } from './own-entries.ts';
import { Progress } from './progress.ts';
import type { Leading, RaftState } from './state.ts';
import { handOver, isRecentlyActive } from './transfer.ts';

/**
 * How a leader changes who the members are (thesis, chapter 4).
 *
 * A configuration is an entry like any other, but it counts as soon as it is in a log. One change at
 * a time, and none before an entry of the leader's own term is committed: only then is it sure that no
 * change of an earlier leader lives on somewhere, with which this one would share no majority (Ongaro,
 * "bug in single-server membership changes", raft-dev, July 2015).
 */

export type ChangeRefusal =
  | ChangeRefused['refused']
  | 'NOT_LEADER'
  | 'TOO_BUSY'
  | 'LEARNER_BEHIND'
  | 'QUORUM_AT_RISK';

export type ChangeAnswer =
  | { readonly kind: 'accepted'; readonly index: Index; readonly term: Term }
  | { readonly kind: 'refused'; readonly code: ChangeRefusal; readonly message: string };

/** Begins a change of the members. It is done once a configuration that is not joint is committed. */
export function changeMembers(state: RaftState, leading: Leading, change: ConfigurationChange): ChangeAnswer {
  const busy = whyBusy(state, leading);
  if (busy !== undefined) return refused('TOO_BUSY', busy);
  const { configuration } = state.configuration;
  if (isJoint(configuration)) return refused('TOO_BUSY', 'another change of the members is under way');
  const next = applyChange(configuration, change);
  if ('refused' in next) return refused(next.refused, next.message);
  for (const step of change.changes) {
    if (step.kind !== 'promote') continue;
    const behind = whyBehind(state, leading, step.id);
    if (behind !== undefined) return refused('LEARNER_BEHIND', behind);
  }
  if (!isAnswering(state, leading, configuration, next)) {
    const message = `of the voters ${next.voters.join(', ')} no majority answered lately`;
    return refused('QUORUM_AT_RISK', message);
  }
  return accepted(state, appendConfiguration(state, leading, next));
}

/** Ends a joint phase that does not end by itself. */
export function endJoint(state: RaftState, leading: Leading): ChangeAnswer {
  const busy = whyBusy(state, leading);
  if (busy !== undefined) return refused('TOO_BUSY', busy);
  const { configuration } = state.configuration;
  if (!isJoint(configuration)) return refused('CHANGE_INVALID', 'no change of the members is under way');
  return accepted(state, appendConfiguration(state, leading, leaveJoint(configuration)));
}

/**
 * Writes the configuration that holds into the log, as it is: the members with which a cluster was
 * formed stand in no entry before. It changes nobody's majority, so it need not wait for anything.
 */
export function recordConfiguration(state: RaftState, leading: Leading): void {
  if (state.configuration.index > 0) return;
  appendConfiguration(state, leading, state.configuration.configuration);
}

/** The commit index moved on: a change that waited for that goes on. */
export function afterCommit(state: RaftState, leading: Leading): void {
  if (!state.isConfigurationCommitted) return;
  const { configuration } = state.configuration;
  if (!isJoint(configuration)) {
    if (!state.membership.isVoter(state.id)) handOver(state, leading);
  } else if (configuration.autoLeave) {
    appendConfiguration(state, leading, leaveJoint(configuration));
  }
}

/** One follower for each member, and for whoever just ceased to be one: it learns that from the log, too. */
export function followMembers(state: RaftState, leading: Leading): void {
  leading.ticksSinceRemoval = 0;
  for (const id of state.membership.peersOf(state.id)) {
    if (leading.followers.has(id)) continue;
    leading.followers.set(id, new Progress(state.log.lastIndex + 1, state.config.inflightAppendsMax));
  }
}

/** Whoever is no member had time to learn it, and is forgotten. */
export function tickRemoved(state: RaftState, leading: Leading): void {
  const { electionTicksMin } = state.config;
  if (!state.isConfigurationCommitted || leading.ticksSinceRemoval >= electionTicksMin) return;
  leading.ticksSinceRemoval += 1;
  if (leading.ticksSinceRemoval < electionTicksMin) return;
  for (const id of leading.followers.keys()) if (!state.membership.has(id)) leading.followers.delete(id);
}

/**
 * Whether entries are kept from this follower for now. Who is no member gets the entry that says so
 * only once it is committed: with it, and with a longer log than the others, it could keep those from
 * electing a leader by the old configuration, in case that still holds.
 */
export function isHeldBack(state: RaftState, id: NodeId): boolean {
  return !state.isConfigurationCommitted && !state.membership.has(id);
}

function appendConfiguration(state: RaftState, leading: Leading, configuration: Configuration): Index {
  const index = appendOwn(state, leading, 'configuration', [encodeConfiguration(configuration)]);
  followMembers(state, leading);
  return index;
}

function whyBusy(state: RaftState, leading: Leading): string | undefined {
  if (leading.transfer !== undefined) return `node ${leading.transfer.to} is about to lead`;
  if (!hasCommittedOwnTerm(state)) return 'the leader has not committed an entry of its own term yet';
  if (!state.isConfigurationCommitted) return 'another change of the members is under way';
  return undefined;
}

function whyBehind(state: RaftState, leading: Leading, id: NodeId): string | undefined {
  const lag = state.log.lastIndex - (leading.followers.get(id)?.matchIndex ?? 0);
  if (!isRecentlyActive(leading, id)) return `learner ${id} did not answer lately`;
  if (lag <= state.config.promoteLagEntriesMax) return undefined;
  return `learner ${id} lacks ${lag} entries; it is promoted with at most ${state.config.promoteLagEntriesMax}`;
}

/** Whether the new voters, if they are others, could decide anything: a majority of them lives. */
function isAnswering(
  state: RaftState,
  leading: Leading,
  before: Configuration,
  after: Configuration,
): boolean {
  if (before.voters.join() === after.voters.join()) return true;
  return new Membership({ ...after, outgoing: [] }).isMajority(
    (id) => id === state.id || isRecentlyActive(leading, id),
  );
}

function accepted(state: RaftState, index: Index): ChangeAnswer {
  return { kind: 'accepted', index, term: state.term };
}

function refused(code: ChangeRefusal, message: string): ChangeAnswer {
  return { kind: 'refused', code, message };
}
