import { assert } from '../base/assert.ts';
import type { Index } from '../base/flavor.ts';
import { Lease } from './lease.ts';
import { bytesOf } from './log.ts';
import { appendOwn } from './own-entries.ts';
import { ReadRounds } from './read-index.ts';
import { afterCommit, followMembers, tickRemoved } from './reconfiguration.ts';
import type { Campaigning, Leading, RaftState } from './state.ts';
import { tickTransfer } from './transfer.ts';

/**
 * What a leader does (Raft paper, sections 5.3, 5.4.2 and 8; thesis, chapters 3 and 6): it appends,
 * counts who stores what, commits, and proves again and again that it still leads.
 *
 * Its own log only grows. Its own copy of an entry counts like any other: once it is on the disk.
 */

const NOTHING: Uint8Array = new Uint8Array(0);

/** Won the election: opens its term with an entry of its own, without which nothing could be committed. */
export function becomeLeader(state: RaftState, { kind, votes }: Campaigning): void {
  assert(kind === 'candidate', 'only a candidate becomes leader');
  assert(!state.isStateLost, 'a leader has its state');
  const { log, config } = state;
  const leading: Leading = {
    kind: 'leader',
    followers: new Map(),
    reads: new ReadRounds(),
    lease: new Lease(config, state.clock.nowMs),
    heard: new Set(),
    heardBefore: new Set(votes.keys()),
    transfer: undefined,
    hasHandedOver: false,
    ticksSinceRemoval: 0,
    ticksSinceHeartbeat: 0,
    ticksSinceQuorumCheck: 0,
    isHeartbeatDue: false,
    isNewsDue: false,
    uncommittedBytes: bytesBetween(state, state.commitIndex, log.lastIndex),
  };
  state.part = leading;
  state.voteLock.release();
  followMembers(state, leading);
  appendOwn(state, leading, 'noop', [NOTHING]);
}

/** Heartbeats, and the question whether a majority still listens (thesis, section 6.2). */
export function tickLeader(state: RaftState, leading: Leading): void {
  leading.ticksSinceHeartbeat += 1;
  leading.ticksSinceQuorumCheck += 1;
  leading.isNewsDue = true;
  if (leading.ticksSinceQuorumCheck >= state.config.electionTicksMin) {
    const isHeard = state.membership.isMajority((id) => id === state.id || leading.heard.has(id));
    if (!isHeard) {
      state.follow(undefined);
      return;
    }
    leading.ticksSinceQuorumCheck = 0;
    leading.heardBefore = leading.heard;
    leading.heard = new Set();
  }
  if (leading.ticksSinceHeartbeat >= state.config.heartbeatTicks) leading.isHeartbeatDue = true;
  tickRemoved(state, leading);
  tickTransfer(state, leading);
}

/** Whether so much more is taken; a leader with nothing on its way takes anything. */
export function hasRoomFor(state: RaftState, leading: Leading, bytes: number): boolean {
  if (leading.uncommittedBytes === 0) return true;
  return leading.uncommittedBytes + bytes <= state.config.uncommittedBytesMax;
}

/**
 * Commits what a majority stores. Only an entry of the leader's own term is committed by counting;
 * older ones are committed with it. A majority that stores an older entry is no proof: a later leader
 * may not have it (Raft paper, section 5.4.2 and figure 8; thesis, section 3.6.2).
 */
export function advanceCommit(state: RaftState, leading: Leading): void {
  if (state.commitIndex === state.log.lastIndex) return;
  const reached = state.membership.reachedByMajority((id) =>
    id === state.id ? state.writer.stableIndex : (leading.followers.get(id)?.matchIndex ?? 0),
  );
  if (reached <= state.commitIndex || state.log.termAt(reached) !== state.term) return;
  leading.uncommittedBytes -= bytesBetween(state, state.commitIndex, reached);
  state.commitTo(reached);
  afterCommit(state, leading);
}

/** Tells every follower that this node leads, and what of its log is committed. */
export function broadcastHeartbeats(state: RaftState, leading: Leading): void {
  if (!leading.isHeartbeatDue) return;
  leading.isHeartbeatDue = false;
  leading.ticksSinceHeartbeat = 0;
  for (const [id, progress] of leading.followers) {
    // A follower may be told only of entries that it is known to hold: behind them it may have others.
    const commitIndex = Math.min(state.commitIndex, progress.matchIndex);
    const readRound = leading.reads.asked;
    const sentMs = Math.floor(state.clock.nowMs);
    const { id: from, term } = state;
    state.outbox.send({ kind: 'heartbeat-request', from, to: id, term, commitIndex, readRound, sentMs });
  }
}

function bytesBetween(state: RaftState, after: Index, to: Index): number {
  const { log } = state;
  return bytesOf(log.slice(after + 1, to, { entriesMax: Infinity, bytesMax: Infinity }));
}
