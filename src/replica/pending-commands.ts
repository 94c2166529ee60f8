import type { Index, NodeId, Term } from '../base/flavor.ts';
import { RisingMap } from '../base/rising-map.ts';
import type { CommandOutcome } from '../machine/command.ts';
import type { Entry } from '../raft/entry.ts';
import type { CallerId, CommandInput } from './input.ts';
import type { Reply } from './output.ts';

interface Waiting {
  readonly caller: CallerId;
  readonly term: Term;
}

/** The commands that a leader has taken and not yet answered: before the log, and in it. */
export class PendingCommands {
  readonly #max: number;
  #queue: CommandInput[] = [];
  readonly #waiting = new RisingMap<Waiting>();

  /** @param max how many may wait in all */
  constructor(max: number) {
    this.#max = max;
  }

  get full(): boolean {
    return this.#queue.length + this.#waiting.size >= this.#max;
  }

  enqueue(input: CommandInput): void {
    this.#queue.push(input);
  }

  /** All that wait to be proposed; they wait here no more. */
  takeQueue(): readonly CommandInput[] {
    const taken = this.#queue;
    this.#queue = [];
    return taken;
  }

  /** The command stands at `index` in this leader's log. */
  proposed(caller: CallerId, index: Index, term: Term): void {
    this.#waiting.set(index, { caller, term });
  }

  /** The answer for whoever waits for this entry. */
  applied(entry: Entry, outcome: CommandOutcome, leader: NodeId | undefined): Reply | undefined {
    const waiting = this.#waiting.get(entry.index);
    if (waiting === undefined) return undefined;
    this.#waiting.delete(entry.index);
    if (waiting.term !== entry.term) return lost(waiting.caller, leader);
    if (outcome.kind === 'refused') {
      const { code, message } = outcome;
      return { kind: 'error', caller: waiting.caller, code, message, leader };
    }
    const { result, revision, index } = outcome;
    return { kind: 'result', caller: waiting.caller, result, revision, index };
  }

  /** Leadership is lost: what is in the log may still be applied. */
  abort(leader: NodeId | undefined): readonly Reply[] {
    const replies: Reply[] = this.#waiting.values().map(({ caller }) => lost(caller, leader));
    this.#waiting.clear();
    return replies;
  }

  /** Another node leads, or nobody: what is not in the log will not be applied. */
  refuseQueue(leader: NodeId | undefined): readonly Reply[] {
    return this.takeQueue().map(({ caller }) => notLeader(caller, leader));
  }
}

/** The answer to whoever waits for an entry of a leader that is none any more. */
export function lost(caller: CallerId, leader: NodeId | undefined): Reply {
  const message = 'this node lost the leadership before the command was applied';
  return { kind: 'error', caller, code: 'LEADERSHIP_LOST', message, leader };
}

/** The refusal of a node that does not lead. */
export function notLeader(caller: CallerId, leader: NodeId | undefined): Reply {
  return leader === undefined
    ? { kind: 'error', caller, code: 'NO_LEADER', message: 'this node knows no leader now', leader }
    : { kind: 'error', caller, code: 'NOT_LEADER', message: `node ${leader} leads`, leader };
}
