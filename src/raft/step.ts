import { unreachable } from '../base/assert.ts';
import { onPreVoteResponse, onTimeoutNow, onVoteResponse } from './candidate.ts';
import {
  isLeaderAlive,
  onAppendRequest,
  onHeartbeatRequest,
  onPreVoteRequest,
  onSnapshotRequest,
  onVoteRequest,
} from './follower.ts';
import type {
  AppendAccepted,
  AppendRejected,
  HeartbeatResponse,
  Message,
  PreVoteResponse,
  RepairRequest,
  RepairResponse,
  SnapshotResponse,
  StateHashMessage,
  VoteResponse,
} from './message.ts';
import { onReadIndexRequest, onReadIndexResponse } from './reads.ts';
import { onAppendAccepted, onAppendRejected, onHeartbeatResponse } from './replication.ts';
import { onRepairRequest, onRepairResponse } from './repair.ts';
import type { RaftState } from './state.ts';
import type { VoteQuestion } from './vote-lock.ts';

/**
 * Terms (Raft paper, section 5.1): the first thing that is looked at in every message.
 *
 * A later term is joined at once, and whatever part this node had in the old one ends. An earlier term
 * is over: what it asks for is refused, with the present term in the answer. What gets through here
 * speaks of this very term, so the rules behind need not ask again.
 *
 * Nobody is asked whether it is a member: a node may not know yet that it, or the other, became one
 * (thesis, section 4.2.2). Who has no vote is not counted, which `Membership` sees to; and who was
 * removed disturbs nobody, since a node that hears its leader listens to no campaign.
 */
export function step(state: RaftState, message: Message): void {
  if (message.to !== state.id || message.from === state.id) return;
  // What an entry is does not depend on who has it, nor on when.
  if (message.kind === 'repair-request') return onRepairRequest(state, message);
  if (message.kind === 'repair-response') return onRepairResponse(state, message);
  if (message.kind === 'state-hash') return;
  if (message.term < state.term) {
    answerOutdated(state, message);
    return;
  }
  if (disturbs(message) && mustWait(state, message)) {
    state.voteLock.hold(message);
    return;
  }
  if (message.term > state.term) {
    if (disturbs(message) && isLeaderAlive(state)) return;
    if (movesToItsTerm(message)) {
      state.follow(undefined);
      state.enterTerm(message.term, undefined);
    }
  }
  handle(state, message);
}

/** The vote is promised away for now; one that is refused anyway is refused at once. */
function mustWait(state: RaftState, { term }: VoteQuestion): boolean {
  if (!state.voteLock.isHeld(state.clock.nowMs)) return false;
  return state.leader === undefined || (term > state.term && !isLeaderAlive(state));
}

/** Asks for an election that the leader did not ask for. */
function disturbs(message: Message): message is VoteQuestion {
  return message.kind === 'pre-vote-request' || (message.kind === 'vote-request' && !message.transfer);
}

/** A pre-vote asks about a term that nobody has entered yet; everything else is of its sender's own term. */
function movesToItsTerm(message: Message): boolean {
  if (message.kind === 'pre-vote-request') return false;
  return !(message.kind === 'pre-vote-response' && message.granted);
}

/**
 * Whoever leads, or campaigns, in an earlier term must learn of this one, or it never gives up: with
 * PreVote and leaders that are not disturbed, nothing else would tell it. Answers are simply too late.
 */
function answerOutdated(state: RaftState, message: Message): void {
  const envelope = state.envelope(message.from);
  switch (message.kind) {
    case 'pre-vote-request':
      state.outbox.send({ kind: 'pre-vote-response', ...envelope, granted: false });
      return;
    case 'vote-request':
      state.outbox.promise({ kind: 'vote-response', ...envelope, granted: false });
      return;
    case 'append-request':
    case 'heartbeat-request':
    case 'snapshot-request':
      state.outbox.send({
        kind: 'heartbeat-response',
        ...envelope,
        readRound: 0,
        sentMs: 0,
        clockMs: 0,
        promiseMs: 0,
      });
      return;
    default:
      return;
  }
}

/** What is said in a term, and only means something in that. */
type OfTerm = Exclude<Message, RepairRequest | RepairResponse | StateHashMessage>;

/** Of the present term, or a pre-vote for a later one. */
function handle(state: RaftState, message: OfTerm): void {
  switch (message.kind) {
    case 'pre-vote-request':
      onPreVoteRequest(state, message);
      return;
    case 'vote-request':
      onVoteRequest(state, message);
      return;
    case 'append-request':
      onAppendRequest(state, message);
      return;
    case 'heartbeat-request':
      onHeartbeatRequest(state, message);
      return;
    case 'snapshot-request':
      onSnapshotRequest(state, message);
      return;
    case 'read-index-request':
      onReadIndexRequest(state, message);
      return;
    case 'read-index-response':
      onReadIndexResponse(state, message);
      return;
    case 'timeout-now':
      onTimeoutNow(state);
      return;
    case 'pre-vote-response':
    case 'vote-response':
      onVote(state, message);
      return;
    default:
      onFollowerResponse(state, message);
  }
}

function onVote(state: RaftState, message: PreVoteResponse | VoteResponse): void {
  const { part } = state;
  if (part.kind !== 'pre-candidate' && part.kind !== 'candidate') return;
  if (message.kind === 'pre-vote-response') onPreVoteResponse(state, part, message);
  else onVoteResponse(state, part, message);
}

type FollowerResponse = AppendAccepted | AppendRejected | HeartbeatResponse | SnapshotResponse;

function onFollowerResponse(state: RaftState, message: FollowerResponse): void {
  const { part } = state;
  if (part.kind !== 'leader') return;
  part.heard.add(message.from);
  switch (message.kind) {
    case 'append-accepted':
      onAppendAccepted(state, part, message);
      return;
    case 'append-rejected':
      onAppendRejected(state, part, message);
      return;
    case 'heartbeat-response':
      onHeartbeatResponse(state, part, message);
      return;
    case 'snapshot-response':
      state.snapshotResponses.push(message);
      return;
    default:
      unreachable(message);
  }
}
