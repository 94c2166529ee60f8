import { assert } from '../base/assert.ts';
import type { NodeId } from '../base/flavor.ts';
import type { Leading, RaftState } from './state.ts';

/**
 * How a leader hands over (thesis, section 3.10): it takes no more proposals, brings one voter up to
 * date, and tells it to campaign at once. That one has the newest log there is, and wins with one
 * round of votes; its requests say that the leader itself wants it, so nobody refuses because the
 * leader lives, or because of a promise to it. If it does not come to that within an election timeout, the old leader goes on.
 *
 * Asked for by people; begun by itself where a leader has lost its vote, or its disk hangs.
 */

export type TransferRefusal =
  | 'NOT_LEADER'
  | 'TOO_BUSY'
  | 'MEMBER_UNKNOWN'
  | 'CHANGE_INVALID'
  | 'TRANSFER_FAILED';

export type TransferAnswer =
  | { readonly kind: 'accepted'; readonly to: NodeId }
  | { readonly kind: 'refused'; readonly code: TransferRefusal; readonly message: string };

/** Begins a transfer, to the most up-to-date voter if none is named. */
export function transferLeadership(state: RaftState, leading: Leading, named?: NodeId): TransferAnswer {
  const { transfer } = leading;
  if (transfer !== undefined && (named === undefined || named === transfer.to)) {
    return { kind: 'accepted', to: transfer.to };
  }
  if (transfer !== undefined) return refused('TOO_BUSY', `node ${transfer.to} is about to lead`);
  const to = named ?? bestSuccessor(state, leading);
  if (to === undefined) return refused('TRANSFER_FAILED', 'no other voter answered lately');
  if (!state.membership.has(to)) return refused('MEMBER_UNKNOWN', `node ${to} is no member of the cluster`);
  // Whoever asks again after an answer that was lost has what was asked for.
  if (to === state.id && state.membership.isVoter(to)) return { kind: 'accepted', to };
  if (!isSuccessor(state, to)) return refused('CHANGE_INVALID', `node ${to} has no vote, so it cannot lead`);
  if (!isRecentlyActive(leading, to)) {
    return refused('TRANSFER_FAILED', `node ${to} did not answer lately, so it cannot take over`);
  }
  begin(state, leading, to);
  return { kind: 'accepted', to };
}

/** Whether it answered within the last election timeout or two. */
export function isRecentlyActive({ heard, heardBefore }: Leading, id: NodeId): boolean {
  return heard.has(id) || heardBefore.has(id);
}

/**
 * Whether the target can be told now. It holds all there is; and whoever waits at this leader for an
 * entry of its log has the answer, unless the leader's own disk is what hangs.
 */
export function isTimeoutNowDue(state: RaftState, { transfer, followers }: Leading): boolean {
  if (transfer === undefined || transfer.isTold) return false;
  const { lastIndex } = state.log;
  if (!isSuccessor(state, transfer.to) || followers.get(transfer.to)?.matchIndex !== lastIndex) return false;
  return state.isDiskStalled || (state.commitIndex === lastIndex && state.appliedIndex === lastIndex);
}

/** Tells the target, if it is time. */
export function continueTransfer(state: RaftState, leading: Leading): void {
  const { transfer } = leading;
  if (transfer === undefined || !isTimeoutNowDue(state, leading)) return;
  transfer.isTold = true;
  leading.hasHandedOver = true;
  leading.lease.giveUp();
  state.outbox.send({ kind: 'timeout-now', ...state.envelope(transfer.to) });
}

/** Time passes: a transfer ends, or one must begin. May end the leadership. */
export function tickTransfer(state: RaftState, leading: Leading): void {
  const { transfer } = leading;
  if (transfer === undefined) {
    if (mustGo(state)) handOver(state, leading);
    return;
  }
  transfer.ticksLeft -= 1;
  if (transfer.ticksLeft > 0 && isSuccessor(state, transfer.to)) return;
  leading.transfer = undefined;
  if (mustGo(state)) state.follow(undefined);
}

/** This leader has to go: to whoever is fit for it, or, where its vote is gone, in any case. */
export function handOver(state: RaftState, leading: Leading): void {
  if (leading.transfer !== undefined) return;
  const to = bestSuccessor(state, leading);
  if (to !== undefined) begin(state, leading, to);
  else if (!state.membership.isVoter(state.id)) state.follow(undefined);
}

/** Removed or demoted for good, or unable to write. */
function mustGo(state: RaftState): boolean {
  const isOut = !state.membership.isVoter(state.id) && state.isConfigurationCommitted;
  return isOut || state.isDiskStalled;
}

function begin(state: RaftState, leading: Leading, to: NodeId): void {
  assert(leading.transfer === undefined, 'one transfer at a time');
  leading.transfer = { to, ticksLeft: state.config.electionTicksMin, isTold: false };
}

/** A voter of the configuration that will stay. */
function isSuccessor(state: RaftState, id: NodeId): boolean {
  return id !== state.id && state.membership.configuration.voters.includes(id);
}

/** The one that lacks least, of those that live. */
function bestSuccessor(state: RaftState, leading: Leading): NodeId | undefined {
  let best: NodeId | undefined;
  let bestMatch = -1;
  for (const [id, { matchIndex }] of leading.followers) {
    if (!isSuccessor(state, id) || !isRecentlyActive(leading, id) || matchIndex <= bestMatch) continue;
    best = id;
    bestMatch = matchIndex;
  }
  return best;
}

function refused(code: TransferRefusal, message: string): TransferAnswer {
  return { kind: 'refused', code, message };
}
