import type { Index, NodeId, Term } from '../base/flavor.ts';
import type { RaftInspection, Role } from '../raft/inspection.ts';
import type { Input } from '../replica/input.ts';
import type { Output } from '../replica/output.ts';

interface Seen {
  readonly role: Role;
  readonly term: Term;
  readonly vote: NodeId | undefined;
  readonly commitIndex: Index;
  readonly appliedIndex: Index;
  readonly stableIndex: Index;
  readonly baseIndex: Index;
  readonly lastIndex: Index;
}

/**
 * Tells the turns in which nothing happened that any property looks at: most of those that take a
 * tick or a heartbeat. Every property that held after the turn before holds after such a one.
 */
export class QuietTurns {
  readonly #seen = new Map<NodeId, Seen>();

  isQuiet(raft: RaftInspection, inputs: readonly Input[], output: Output): boolean {
    const isSame = this.#isSame(raft);
    return isSame && saysNothing(output) && inputs.every((input) => changesNothing(input, raft.role));
  }

  #isSame(raft: RaftInspection): boolean {
    const seen = this.#seen.get(raft.id);
    if (
      seen !== undefined &&
      seen.lastIndex === raft.lastIndex &&
      seen.commitIndex === raft.commitIndex &&
      seen.appliedIndex === raft.appliedIndex &&
      seen.stableIndex === raft.stableIndex &&
      seen.baseIndex === raft.base.index &&
      seen.term === raft.term &&
      seen.role === raft.role &&
      seen.vote === raft.vote
    ) {
      return true;
    }
    this.#seen.set(raft.id, look(raft));
    return false;
  }

  /** The node came back: what was seen of it is no more. */
  restarted(id: NodeId): void {
    this.#seen.delete(id);
  }
}

function look(raft: RaftInspection): Seen {
  const { role, term, vote, commitIndex, appliedIndex, stableIndex, base } = raft;
  const lastIndex = raft.lastIndex;
  return { role, term, vote, commitIndex, appliedIndex, stableIndex, baseIndex: base.index, lastIndex };
}

function saysNothing(output: Output): boolean {
  const { write, state, stage, replaceState, send, replies, contradictions } = output;
  return (
    contradictions.length === 0 &&
    send.length === 0 &&
    write === undefined &&
    state === undefined &&
    replies.length === 0 &&
    stage.length === 0 &&
    replaceState === undefined
  );
}

/** What it can change beside the places in the log is not looked at. */
function changesNothing(input: Input, role: Role): boolean {
  if (input.kind === 'tick') return true;
  if (input.kind !== 'message') return false;
  // What a leader takes a follower to hold may change with any other message.
  if (role !== 'leader') return true;
  return input.message.kind === 'heartbeat-response' && input.message.readRound === 0;
}
