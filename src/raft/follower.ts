import { assert } from '../base/assert.ts';
import type { NodeId } from '../base/flavor.ts';
import type { Configuration } from './configuration.ts';
import type { Entry, Position } from './entry.ts';
import type {
  AppendRequest,
  HeartbeatRequest,
  PreVoteRequest,
  SnapshotRequest,
  VoteRequest,
} from './message.ts';
import type { RaftState } from './state.ts';

/**
 * What every node does on request (Raft paper, section 5.3 and figure 2): vote, and take the leader's
 * log for its own. The request has the node's own term, or a later one in a pre-vote.
 *
 * A follower decides nothing. It accepts entries that join its log without a gap, drops its own only
 * where they conflict with the leader's, and answers only for what the request proved to be the same.
 */

/** A message that only the leader of the present term sends. */
export function hearLeader(state: RaftState, leader: NodeId): void {
  assert(state.part.kind !== 'leader', 'a term has one leader');
  assert(state.leader === undefined || state.leader === leader, 'a term has one leader');
  state.voteLock.renew(state.clock.nowMs);
  if (state.leader === leader) state.restartElectionTimer();
  else state.follow(leader);
}

/**
 * It is known otherwise that the leader is gone, so this node may help to elect another before the
 * silence has lasted. Its own timer goes on. Not where leaders take leases: they rest on the promise.
 */
export function forgetLeader(state: RaftState): void {
  if (state.part.kind !== 'follower' || state.voteLock.promiseMs > 0) return;
  state.part = { kind: 'follower', leader: undefined };
}

/**
 * The connection to this peer broke, as it does when its process ends. If that was the leader, it is
 * likely to be silent from now on. A guess: if it is heard again, everything is as before.
 */
export function onPeerLost(state: RaftState, peer: NodeId): void {
  if (state.part.kind !== 'follower' || state.leader !== peer) return;
  const rank = [...state.membership.votersBut(peer)].sort((one, other) => one - other).indexOf(state.id);
  if (rank >= 0) state.hurryElection(rank);
}

/**
 * Whether a leader is alive as far as this node can tell. Then it helps nobody to depose it: a node
 * that was cut off, or that cannot hear the leader, must not disturb the others (thesis, sections 4.2.3
 * and 9.6). A leader that lost its quorum steps down by itself, so this cannot last for ever.
 */
export function isLeaderAlive(state: RaftState): boolean {
  if (state.part.kind === 'leader') return true;
  return state.leader !== undefined && state.ticksWaited < state.config.electionTicksMin;
}

/** Would it get this node's vote? Nothing changes, so the answer need not wait for the disk (thesis, section 9.6). */
export function onPreVoteRequest(state: RaftState, request: PreVoteRequest): void {
  const isFree = request.term > state.term || mayVoteFor(state, request.from);
  const granted = isFree && state.isNoNewerThan(request.last);
  const term = granted ? request.term : state.term;
  state.outbox.send({ kind: 'pre-vote-response', ...state.envelope(request.from), term, granted });
}

/** One vote a term, and only for a log that holds everything committed (Raft paper, sections 5.2 and 5.4.1). */
export function onVoteRequest(state: RaftState, request: VoteRequest): void {
  const granted = mayVoteFor(state, request.from) && state.isNoNewerThan(request.last);
  if (granted) {
    state.castVote(request.from);
    state.restartElectionTimer();
  }
  state.outbox.promise({ kind: 'vote-response', ...state.envelope(request.from), granted });
}

function mayVoteFor(state: RaftState, candidate: NodeId): boolean {
  return state.vote === candidate || (state.vote === undefined && state.leader === undefined);
}

/** Entries from the leader, or the question whether the logs meet at a place. */
export function onAppendRequest(state: RaftState, request: AppendRequest): void {
  hearLeader(state, request.from);
  if (state.isStateLost) {
    askForSnapshot(state, request.from);
    return;
  }
  const { previous, entries } = behindCommit(state, request);
  if (!state.log.has(previous)) {
    state.outbox.promise({
      kind: 'append-rejected',
      ...state.envelope(request.from),
      previousIndex: request.previous.index,
      hint: state.log.lastAgreement(previous),
      needsSnapshot: false,
    });
    return;
  }
  adopt(state, entries);
  // Not the end of this log: what lies behind the request's last entry may conflict with the leader's.
  const matchIndex = previous.index + entries.length;
  if (request.commitIndex > state.commitIndex) {
    state.commitTo(Math.min(request.commitIndex, matchIndex));
  }
  state.outbox.promise({ kind: 'append-accepted', ...state.envelope(request.from), matchIndex });
}

/**
 * The request without the entries that are committed here already: they are the same in both logs
 * (leader completeness), even where this log begins later than the request.
 */
function behindCommit(
  state: RaftState,
  request: AppendRequest,
): { readonly previous: Position; readonly entries: readonly Entry[] } {
  const { previous, entries } = request;
  if (previous.index >= state.commitIndex) return { previous, entries };
  const term = state.log.termAt(state.commitIndex);
  assert(term !== undefined, 'the last committed place is known');
  const rest = entries.filter((entry) => entry.index > state.commitIndex);
  return { previous: { index: state.commitIndex, term }, entries: rest };
}

/**
 * Entries that join the log. A late request must not cut off what a newer one brought, so the log is
 * truncated only at an entry that truly conflicts (Raft paper, figure 2, AppendEntries step 3).
 */
function adopt(state: RaftState, entries: readonly Entry[]): void {
  const first = entries.findIndex((entry) => !state.log.has(entry));
  const conflict = entries[first];
  if (conflict === undefined) return;
  if (conflict.index <= state.log.lastIndex) state.truncateFrom(conflict.index);
  state.append(entries.slice(first));
}

/** The leader lives; what it knows to be held here is committed up to `commitIndex`. */
export function onHeartbeatRequest(state: RaftState, request: HeartbeatRequest): void {
  hearLeader(state, request.from);
  const isHeld = request.commitIndex <= state.log.lastIndex;
  assert(
    isHeld || state.repair !== undefined,
    'a follower holds what it acknowledged, or knows that it does not',
  );
  const commitIndex = Math.min(request.commitIndex, state.log.lastIndex);
  if (commitIndex > state.commitIndex) state.commitTo(commitIndex);
  if (state.isStateLost) askForSnapshot(state, request.from);
  answerHeartbeat(state, request);
}

/**
 * The answer promises not to vote for a while. A node that came back without this term would not
 * know of the promise, so the answer leaves at once only if the term is on the disk.
 */
function answerHeartbeat(state: RaftState, { from, readRound, sentMs }: HeartbeatRequest): void {
  const { id, term } = state;
  const { promiseMs } = state.voteLock;
  const clockMs = Math.floor(state.clock.nowMs);
  const promised = { readRound, sentMs, clockMs, promiseMs };
  const response = { kind: 'heartbeat-response', from: id, to: from, term, ...promised } as const;
  if (promiseMs === 0 || state.writer.isHardStateStable) state.outbox.send(response);
  else state.outbox.promise(response);
}

/** A chunk of the state: for the replica, unless the log has come further by itself (Raft paper, section 7). */
export function onSnapshotRequest(state: RaftState, request: SnapshotRequest): void {
  hearLeader(state, request.from);
  if (state.needsSnapshot(request.snapshot)) state.snapshotChunks.push(request);
  else if (state.isStateLost) askForSnapshot(state, request.from);
  else acceptUpTo(state, request.from, state.commitIndex);
}

/**
 * The state was replaced by a snapshot as of `snapshot`. The log keeps what follows it, if it holds
 * that very entry (Raft paper, figure 13, step 6); otherwise nothing of it can be trusted.
 */
export function installSnapshot(state: RaftState, snapshot: Position, configuration: Configuration): void {
  assert(state.part.kind !== 'leader', 'a leader needs no snapshot');
  assert(state.needsSnapshot(snapshot), 'a snapshot brings the state forward');
  // Votes were asked for the log as it was.
  if (state.part.kind !== 'follower') state.follow(undefined);
  state.installed(snapshot, configuration);
  state.writer.force();
  if (state.leader !== undefined) acceptUpTo(state, state.leader, snapshot.index);
}

function acceptUpTo(state: RaftState, leader: NodeId, matchIndex: number): void {
  state.outbox.promise({ kind: 'append-accepted', ...state.envelope(leader), matchIndex });
}

/** This node's log begins behind its state: it can take no entry into account before it has a newer state. */
function askForSnapshot(state: RaftState, leader: NodeId): void {
  state.outbox.promise({
    kind: 'append-rejected',
    ...state.envelope(leader),
    previousIndex: state.log.base.index,
    hint: state.log.base,
    needsSnapshot: true,
  });
}
