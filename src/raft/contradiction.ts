import type { Term } from '../base/flavor.ts';
import type {
  AppendRejected,
  AppendRequest,
  HeartbeatRequest,
  HeartbeatResponse,
  Message,
  SnapshotRequest,
} from './message.ts';
import type { RaftState } from './state.ts';

/**
 * What a sound node never says.
 *
 * A node takes the others at their word: that is what makes it fast, and one that lies can do harm that
 * nobody can see. But it need not follow one into nonsense. A message that contradicts what this node
 * knows for sure changes nothing here; its sender has a bug, a damaged memory, or means ill, and the
 * connection with it is cut. This node goes on: what it knows itself still holds.
 */

/** No term is entered that lies further ahead: one message could else use up the numbers there are. */
export const TERM_JUMP_MAX: number = 2 ** 32;

/** Why a message cannot be true. */
export interface Contradiction {
  readonly what: string;
  /** Unless the sender is wrong, this node has lost what it acknowledged, and does not know it. */
  readonly isOwnLoss: boolean;
}

/** Undefined if nothing speaks against the message. */
export function contradictionOf(state: RaftState, message: Message): Contradiction | undefined {
  const untruth = untruthOf(state, message);
  if (untruth !== undefined) return { what: untruth, isOwnLoss: false };
  const loss = message.kind === 'heartbeat-request' ? beyondLog(state, message) : undefined;
  return loss === undefined ? undefined : { what: loss, isOwnLoss: true };
}

function untruthOf(state: RaftState, message: Message): string | undefined {
  const { term } = message;
  if (term - state.term > TERM_JUMP_MAX) return `term ${term} is too far ahead of term ${state.term}`;
  if (term < state.term) return undefined;
  switch (message.kind) {
    case 'pre-vote-request':
    case 'vote-request':
      if (message.last.term < term) return undefined;
      return `it asks to lead term ${term}, and holds an entry of term ${message.last.term} already`;
    case 'append-request':
      return otherLeader(state, message) ?? otherHistory(state, message);
    case 'heartbeat-request':
      return otherLeader(state, message);
    case 'snapshot-request':
      return otherLeader(state, message) ?? laterThan(message.snapshot.term, term);
    default:
      return state.part.kind === 'leader' && term === state.term ? ofFollower(state, message) : undefined;
  }
}

type OfLeader = AppendRequest | HeartbeatRequest | SnapshotRequest;

/** A term has one leader (election safety; figure 3 of the Raft paper). */
function otherLeader(state: RaftState, { from, term }: OfLeader): string | undefined {
  if (term > state.term || state.leader === undefined || state.leader === from) return undefined;
  return `node ${state.leader} leads term ${term}`;
}

/** A leader holds what is committed, and it is the same everywhere (leader completeness). */
function otherHistory({ log, commitIndex }: RaftState, request: AppendRequest): string | undefined {
  const places = [request.previous, ...request.entries];
  for (const { index, term } of places) {
    if (index > commitIndex) break;
    if (index < log.base.index || log.termAt(index) === term) continue;
    return `entry ${index} is committed, and of term ${log.termAt(index)}, not ${term}`;
  }
  return laterThan(places.at(-1)?.term ?? 0, request.term);
}

/** A leader says no more to be committed than the follower has acknowledged. */
function beyondLog(state: RaftState, { term, commitIndex }: HeartbeatRequest): string | undefined {
  const { log, repair } = state;
  if (term < state.term || commitIndex <= log.lastIndex || repair !== undefined) return undefined;
  return `this log was never acknowledged up to ${commitIndex}: it ends at ${log.lastIndex}`;
}

function laterThan(own: Term, term: Term): string | undefined {
  return own > term ? `an entry of term ${own} in a message of term ${term}` : undefined;
}

/** What a follower says to the leader of its term. */
function ofFollower(state: RaftState, message: Message): string | undefined {
  switch (message.kind) {
    case 'append-accepted':
      return unsent(state, message.matchIndex);
    case 'append-rejected':
      return withoutState(state, message);
    case 'heartbeat-response':
      return unasked(state, message);
    default:
      return undefined;
  }
}

function unsent({ log }: RaftState, index: number): string | undefined {
  return index <= log.lastIndex
    ? undefined
    : `it acknowledges entry ${index}; the log ends at ${log.lastIndex}`;
}

/** A log begins behind entries that were committed, so the leader has them. */
function withoutState(state: RaftState, { needsSnapshot, hint }: AppendRejected): string | undefined {
  return needsSnapshot ? unsent(state, hint.index) : undefined;
}

function unasked({ part, clock }: RaftState, { readRound, sentMs }: HeartbeatResponse): string | undefined {
  if (part.kind !== 'leader') return undefined;
  if (readRound > part.reads.newest)
    return `it confirms round ${readRound} of reads, which was not asked for`;
  return sentMs > clock.nowMs ? 'it answers a heartbeat that was not sent yet' : undefined;
}
