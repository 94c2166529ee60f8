import { present } from '../../src/base/assert.ts';
import type { NodeId } from '../../src/base/flavor.ts';
import { type EntryCode, termOf } from './local-node.ts';
import type { LocalMoves, NodeFacts } from './local-moves.ts';

/** What must be remembered of a run to judge it: who led each term, what was committed and in which term. */
interface History {
  readonly leaders: readonly (NodeId | undefined)[];
  readonly committed: readonly EntryCode[];
  readonly committedIn: readonly number[];
}

/** Something that must never be. */
export class SafetyError extends Error {}

/**
 * Raft's safety properties (Raft paper, figure 3), looked at after every move, and the memory that they
 * need. It is a part of the state: two runs that remember different things are different.
 */
export class Histories {
  readonly #moves: LocalMoves;
  readonly #histories: History[] = [];
  readonly #numbers = new Map<string, number>();

  constructor(moves: LocalMoves) {
    this.#moves = moves;
  }

  get size(): number {
    return this.#histories.length;
  }

  /** Before anything happened. */
  start(): number {
    return this.#numberOf({ leaders: [], committed: [], committedIn: [] });
  }

  /**
   * What is to be remembered after node `changed`, of these nodes, has made a move.
   *
   * @throws SafetyError
   */
  after(history: number, nodes: readonly number[], changed: number): number {
    const known = present(this.#histories[history], 'the history is known');
    const facts = nodes.map((node) => this.#moves.factsOf(node));
    const own = present(facts[changed], 'the node is of the cluster');
    const others = facts.filter((other) => other !== own);
    for (const other of others) checkLogMatching(own, other);
    const elected = withLeader(known, own);
    const next = withCommitted(elected, own, facts);
    checkStored(next, facts);
    for (const one of facts) checkCompleteness(next, one);
    return next === known ? history : this.#numberOf(next);
  }

  #numberOf(history: History): number {
    const { leaders, committed, committedIn } = history;
    const text = `${leaders.map((leader) => leader ?? 0).join()};${committed.join()};${committedIn.join()}`;
    const number = this.#numbers.get(text) ?? this.#histories.length;
    if (number === this.#histories.length) {
      this.#numbers.set(text, number);
      this.#histories.push(history);
    }
    return number;
  }
}

/** Election safety: at most one leader a term. */
function withLeader(history: History, node: NodeFacts): History {
  if (!node.isLeader) return history;
  const known = history.leaders[node.term];
  if (known === node.id) return history;
  if (known !== undefined) throw new SafetyError(`nodes ${known} and ${node.id} both lead term ${node.term}`);
  const leaders = Array.from({ length: Math.max(history.leaders.length, node.term + 1) }, (_, term) =>
    term === node.term ? node.id : history.leaders[term],
  );
  return { ...history, leaders };
}

/** Log matching: logs that hold the same entry at a place are the same up to there. */
function checkLogMatching(one: NodeFacts, other: NodeFacts): void {
  let isSame = true;
  for (let at = 0; at < Math.min(one.log.length, other.log.length); at++) {
    const [mine = 0, theirs = 0] = [one.log[at], other.log[at]];
    if (!isSame && termOf(mine) === termOf(theirs)) {
      throw new SafetyError(
        `nodes ${one.id} and ${other.id} hold entry ${at + 1} of one term, but not the same before`,
      );
    }
    if (mine !== theirs) {
      if (termOf(mine) === termOf(theirs)) {
        throw new SafetyError(`nodes ${one.id} and ${other.id} hold different entries ${at + 1} of one term`);
      }
      isSame = false;
    }
  }
}

/** State machine safety: what is committed at a place is the same everywhere and for ever. */
function withCommitted(history: History, node: NodeFacts, all: readonly NodeFacts[]): History {
  const { committed, committedIn } = history;
  for (let at = 0; at < Math.min(node.commitIndex, committed.length); at++) {
    if (node.log[at] !== committed[at])
      throw new SafetyError(`node ${node.id} commits another entry ${at + 1}`);
  }
  if (node.commitIndex <= committed.length) return history;
  const more = node.log.slice(committed.length, node.commitIndex);
  return {
    ...history,
    committed: [...committed, ...more],
    // Whoever commits first leads: a follower learns of it in a later turn.
    committedIn: [
      ...committedIn,
      ...more.map(() =>
        Math.min(...all.filter((one) => one.commitIndex >= node.commitIndex).map((one) => one.term)),
      ),
    ],
  };
}

/** What is committed is on the disks of a majority. */
function checkStored({ committed }: History, all: readonly NodeFacts[]): void {
  for (let at = 0; at < committed.length; at++) {
    let holders = 0;
    for (const { stored } of all) if (stored[at] === committed[at]) holders += 1;
    if (holders * 2 <= all.length)
      throw new SafetyError(`entry ${at + 1} is committed and not on the disks of a majority`);
  }
}

/** Leader completeness: a leader holds all that was committed in earlier terms. */
function checkCompleteness({ committed, committedIn }: History, node: NodeFacts): void {
  if (!node.isLeader) return;
  for (let at = 0; at < committed.length; at++) {
    if ((committedIn[at] ?? 0) < node.term && node.log[at] !== committed[at]) {
      throw new SafetyError(
        `node ${node.id} leads term ${node.term} without entry ${at + 1}, which is committed`,
      );
    }
  }
}
