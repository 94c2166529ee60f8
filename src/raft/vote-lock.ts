import type { NodeId } from '../base/flavor.ts';
import type { RaftConfig } from './config.ts';
import type { PreVoteRequest, VoteRequest } from './message.ts';

/** What a candidate asks. */
export type VoteQuestion = PreVoteRequest | VoteRequest;

/**
 * The promise on which a leader's lease rests (thesis, section 6.4.1): whoever has answered a leader
 * votes for nobody, itself included, for an election timeout by its own monotonic clock.
 *
 * The promise outlives everything that a node forgets: the leader's name, the term, the process. So a
 * node that comes back holds its vote as if it had heard a leader just before it went; only one that
 * has never been in a term has promised nothing. A transfer of the leadership passes by the lock,
 * since a leader that begins one has given its lease up.
 *
 * Questions that come meanwhile from candidates wait here, and are looked at when the lock ends: so
 * that a cluster whose nodes all start anew does not lose a whole election timeout.
 */
export class VoteLock {
  /** How long a promise lasts; 0 if this cluster's leaders take no leases. */
  readonly promiseMs: number;
  #untilMs: number;
  readonly #held = new Map<NodeId, VoteQuestion>();

  constructor(config: RaftConfig, { isFresh }: { readonly isFresh: boolean }) {
    this.promiseMs = config.clockDriftMax > 0 ? config.electionTicksMin * config.tickMs : 0;
    this.#untilMs = isFresh ? 0 : this.promiseMs;
  }

  isHeld(nowMs: number): boolean {
    return nowMs < this.#untilMs;
  }

  /** A leader was heard, and is about to be answered. */
  renew(nowMs: number): void {
    this.#untilMs = nowMs + this.promiseMs;
    if (this.#held.size > 0) this.#held.clear();
  }

  /** This node was elected: every promise to an earlier leader has run out, or it could not have been. */
  release(): void {
    this.#untilMs = 0;
    this.#held.clear();
  }

  /** The newest question of each candidate waits. */
  hold(question: VoteQuestion): void {
    this.#held.set(question.from, question);
  }

  /** The questions that need wait no longer. */
  takeHeld(nowMs: number): readonly VoteQuestion[] {
    if (this.#held.size === 0 || this.isHeld(nowMs)) return [];
    const questions = [...this.#held.values()];
    this.#held.clear();
    return questions;
  }
}
