import type { NodeId, Term } from '../base/flavor.ts';
import { becomeLeader } from './leader.ts';
import type { PreVoteResponse, VoteResponse } from './message.ts';
import type { Campaigning, RaftState } from './state.ts';

/**
 * How a node comes to lead (Raft paper, sections 5.2 and 5.4.1; thesis, section 9.6).
 *
 * First it asks, without changing anything, whether it would win: a node that was cut off comes back
 * with its old term and so deposes nobody. Only with a majority for that does it enter a new term,
 * vote for itself and ask in earnest. Its term and own vote are on the disk before the question
 * leaves: a candidate that forgot its campaign could vote for another in the same term.
 */

/**
 * Begins a campaign, unless this node leads already or must not lead. One that has no vote does not
 * campaign, once that is sure: nobody is disturbed by a node that was removed.
 */
export function campaign(state: RaftState): void {
  if (state.part.kind === 'leader') return;
  state.follow(undefined);
  if (!state.mayCampaign) return;
  const part: Campaigning = { kind: 'pre-candidate', votes: new Map() };
  state.part = part;
  for (const to of state.membership.votersBut(state.id)) {
    const term = state.term + 1;
    state.outbox.send({ kind: 'pre-vote-request', ...state.envelope(to), term, last: state.log.last });
  }
  countVote(state, part, state.id, { granted: true });
}

export function onPreVoteResponse(state: RaftState, part: Campaigning, response: PreVoteResponse): void {
  if (part.kind !== 'pre-candidate') return;
  const asked: Term = state.term + 1;
  if (response.granted && response.term !== asked) return;
  countVote(state, part, response.from, { granted: response.granted });
}

export function onVoteResponse(state: RaftState, part: Campaigning, response: VoteResponse): void {
  if (part.kind === 'candidate') countVote(state, part, response.from, { granted: response.granted });
}

/** A write is on the disk: a candidate whose own vote is there counts it. */
export function onCandidateWritten(state: RaftState, part: Campaigning): void {
  if (part.kind === 'candidate' && state.writer.isHardStateStable) {
    countVote(state, part, state.id, { granted: true });
  }
}

/** A vote that comes twice counts once, and the first answer stands. */
function countVote(
  state: RaftState,
  part: Campaigning,
  from: NodeId,
  { granted }: { readonly granted: boolean },
): void {
  if (!part.votes.has(from)) part.votes.set(from, granted);
  switch (state.membership.voteOutcome(part.votes)) {
    case 'won':
      if (part.kind === 'pre-candidate') becomeCandidate(state, { transfer: false });
      else becomeLeader(state, part);
      return;
    case 'lost':
      state.follow(undefined);
      return;
    case 'open':
      return;
  }
}

/** The leader hands over: no need to ask first whether this node would win (thesis, section 3.10). */
export function onTimeoutNow(state: RaftState): void {
  if (state.mayCampaign) becomeCandidate(state, { transfer: true });
}

function becomeCandidate(state: RaftState, { transfer }: { readonly transfer: boolean }): void {
  state.enterTerm(state.term + 1, state.id);
  state.part = { kind: 'candidate', votes: new Map() };
  state.restartElectionTimer();
  for (const to of state.membership.votersBut(state.id)) {
    state.outbox.promise({ kind: 'vote-request', ...state.envelope(to), last: state.log.last, transfer });
  }
}
