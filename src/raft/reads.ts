import type { NodeId } from '../base/flavor.ts';
import type { ReadIndexRequest, ReadIndexResponse } from './message.ts';
import { hasCommittedOwnTerm } from './own-entries.ts';
import type { ConfirmedRead } from './read-index.ts';
import type { Leading, RaftState } from './state.ts';

/**
 * How a read finds out from which index on it is linearizable (thesis, section 6.4): on the leader by
 * a round of heartbeats or by its lease, elsewhere by asking the leader, who does one or the other.
 */

export type ReadAccepted =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'refused'; readonly code: 'NO_LEADER' | 'TOO_BUSY' };

/** A read of this node. With `lease`, a round is needed only if the leader has no lease. */
export function askReadIndex(state: RaftState, id: number, how: { readonly lease: boolean }): ReadAccepted {
  const { part, config, forwardedReads } = state;
  if (part.kind === 'leader') {
    return takeRead(state, part, id, undefined, how)
      ? { kind: 'accepted' }
      : { kind: 'refused', code: 'TOO_BUSY' };
  }
  if (state.leader === undefined) return { kind: 'refused', code: 'NO_LEADER' };
  if (forwardedReads.count >= config.pendingReadsMax) return { kind: 'refused', code: 'TOO_BUSY' };
  forwardedReads.add(id, how);
  return { kind: 'accepted' };
}

/** Another node asks this one, as the leader; whoever asks late, or too much, is told to ask again. */
export function onReadIndexRequest(state: RaftState, request: ReadIndexRequest): void {
  const { part } = state;
  const { from, id } = request;
  if (part.kind === 'leader' && takeRead(state, part, id, from, request)) return;
  state.outbox.send({ kind: 'read-index-response', ...state.envelope(from), id, index: undefined });
}

/** Of the present term, so it comes from its leader; it may have come before, or be late. */
export function onReadIndexResponse(state: RaftState, response: ReadIndexResponse): void {
  const { id, index } = response;
  if (index === undefined) state.abortedReads.push(...state.forwardedReads.refused(id));
  else state.reads.push(...state.forwardedReads.answered(id, index));
}

/** Whether `ready` would ask the leader something. */
export function isQuestionDue(state: RaftState): boolean {
  return state.leader !== undefined && state.forwardedReads.isDue(state.term);
}

/** Asks the leader for the reads of this turn, and again for those that it did not answer. */
export function sendQuestions(state: RaftState): void {
  const { leader, term, part, forwardedReads } = state;
  if (part.kind === 'leader') {
    for (const id of forwardedReads.takeAll()) part.reads.add(id);
  } else if (leader !== undefined) {
    for (const question of forwardedReads.takeQuestions(term)) {
      state.outbox.send({ kind: 'read-index-request', ...state.envelope(leader), ...question });
    }
  }
}

/** A read begins its round with the next heartbeat, or waits until this leader knows what is committed. */
export function openReadRound(state: RaftState, leading: Leading): void {
  if (!leading.reads.isRoundDue || !hasCommittedOwnTerm(state)) return;
  leading.reads.open(state.commitIndex);
  leading.isHeartbeatDue = true;
  confirmReads(state, leading);
}

/** Hands out the reads whose round a majority has answered. */
export function confirmReads(state: RaftState, leading: Leading): void {
  if (leading.reads.asked === 0) return;
  const round = state.membership.reachedByMajority((id) =>
    id === state.id ? leading.reads.newest : (leading.followers.get(id)?.readRound ?? 0),
  );
  for (const read of leading.reads.confirm(round)) handOut(state, read);
}

/** False if too many wait already. */
function takeRead(
  state: RaftState,
  leading: Leading,
  id: number,
  asker: NodeId | undefined,
  { lease }: { readonly lease: boolean },
): boolean {
  if (lease && holdsLease(state, leading, state.clock.nowMs)) {
    handOut(state, { id, asker, index: state.commitIndex });
    return true;
  }
  if (leading.reads.count >= state.config.pendingReadsMax) return false;
  leading.reads.add(id, asker);
  return true;
}

/** Whether this leader may answer reads without asking anyone, and knows all that is committed. */
export function holdsLease(state: RaftState, leading: Leading, nowMs: number): boolean {
  if (!hasCommittedOwnTerm(state)) return false;
  return leading.lease.isHeld(state.id, state.membership, nowMs);
}

function handOut(state: RaftState, { id, asker, index }: ConfirmedRead): void {
  if (asker === undefined) {
    state.reads.push({ id, index });
    return;
  }
  state.outbox.send({ kind: 'read-index-response', ...state.envelope(asker), id, index });
  // It waits for the news.
  if (state.part.kind === 'leader') state.part.isNewsDue = true;
}
