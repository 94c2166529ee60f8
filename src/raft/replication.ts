import { assert, present } from '../base/assert.ts';
import type { NodeId } from '../base/flavor.ts';
import { advanceCommit } from './leader.ts';
import type { AppendAccepted, AppendRejected, HeartbeatResponse } from './message.ts';
import type { Progress } from './progress.ts';
import { confirmReads } from './reads.ts';
import { isHeldBack } from './reconfiguration.ts';
import type { Leading, RaftState } from './state.ts';

/**
 * How a leader brings its log to the followers (Raft paper, section 5.3; thesis, section 10.2.1).
 *
 * Requests leave when a turn ends, with all that it appended. They are sent ahead of the answers, as
 * far as the follower's window goes. An answer that does not come, or says no, brings the follower
 * back to probing for the place where the logs meet; heartbeats, which are sent whatever happens,
 * find out whether it lives.
 */

/** Everything that followers lack and may be sent now. */
export function broadcastAppends(state: RaftState, leading: Leading): void {
  for (const [id, progress] of leading.followers) {
    while (isAppendDue(state, leading, id, progress)) sendAppend(state, id, progress);
  }
  leading.isNewsDue = false;
}

/** Whether a request is to tell this follower something: entries, a probe, or what is committed. */
export function isAppendDue(state: RaftState, leading: Leading, id: NodeId, progress: Progress): boolean {
  if (progress.isPaused || isHeldBack(state, id)) return false;
  if (progress.kind === 'probe' || progress.nudge) return true;
  if (progress.nextIndex <= state.log.lastIndex) return true;
  return (leading.isNewsDue || !state.config.holdsNews) && lacksNews(state, progress);
}

/** Whether some follower has not been told of all that is committed, and that it may be told of. */
export function hasNews(state: RaftState, leading: Leading): boolean {
  for (const progress of leading.followers.values()) {
    if (!progress.isPaused && lacksNews(state, progress)) return true;
  }
  return false;
}

function lacksNews(state: RaftState, progress: Progress): boolean {
  return Math.min(state.commitIndex, progress.nextIndex - 1) > progress.commitIndexSent;
}

function sendAppend(state: RaftState, to: NodeId, progress: Progress): void {
  const { id: from, term, log, config, commitIndex } = state;
  const previousIndex = progress.nextIndex - 1;
  if (previousIndex < log.base.index) {
    progress.becomeSnapshot(log.base.index);
    return;
  }
  const previousTerm = present(log.termAt(previousIndex), 'a request begins within the log');
  const entries = log.slice(previousIndex + 1, log.lastIndex, {
    entriesMax: config.appendEntriesMax,
    bytesMax: config.appendBytesMax,
  });
  const previous = { index: previousIndex, term: previousTerm };
  const lastIndex = previousIndex + entries.length;
  state.outbox.send({ kind: 'append-request', from, to, term, previous, entries, commitIndex });
  progress.commitIndexSent = Math.max(progress.commitIndexSent, Math.min(commitIndex, lastIndex));
  progress.sent(lastIndex, entries.length);
}

/** The followers to whom a snapshot is to be sent now; each is named once. */
export function takeSnapshotsWanted(state: RaftState, leading: Leading): readonly NodeId[] {
  const wanted: NodeId[] = [];
  for (const [id, progress] of leading.followers) {
    if (!isSnapshotDue(state, id, progress)) continue;
    progress.snapshotAsked();
    wanted.push(id);
  }
  return wanted;
}

/** Whether a snapshot is to be sent; to members alone. */
export function isSnapshotDue(state: RaftState, id: NodeId, progress: Progress): boolean {
  return progress.isSnapshotDue(state.appliedIndex) && state.membership.has(id);
}

/** The answer is to a request of this very term, so what it says of the log is about this leader's log. */
export function onAppendAccepted(state: RaftState, leading: Leading, response: AppendAccepted): void {
  assert(response.matchIndex <= state.log.lastIndex, 'a follower holds no more than it was sent');
  const progress = leading.followers.get(response.from);
  if (progress === undefined) return;
  progress.accepted(response.matchIndex, state.log.base.index);
  advanceCommit(state, leading);
}

export function onAppendRejected(state: RaftState, leading: Leading, response: AppendRejected): void {
  const progress = leading.followers.get(response.from);
  if (progress === undefined) return;
  if (response.needsSnapshot) progress.becomeSnapshot(response.hint.index);
  else progress.rejected(response.previousIndex, state.log.lastAgreement(response.hint).index);
}

export function onHeartbeatResponse(state: RaftState, leading: Leading, response: HeartbeatResponse): void {
  const progress = leading.followers.get(response.from);
  if (progress === undefined) return;
  progress.heartbeatAnswered(state.log.lastIndex);
  progress.readRound = Math.max(progress.readRound, response.readRound);
  leading.lease.answered(response, state.clock.nowMs);
  confirmReads(state, leading);
}
