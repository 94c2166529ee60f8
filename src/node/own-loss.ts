import type { Contradicted } from '../replica/output.ts';

/** One message may be forged or damaged; a leader that says it so often, each time after a new handshake, is right. */
const TOLD_MAX = 5;

/**
 * Whether leaders know this node to have acknowledged more than it holds: its directory is an older copy
 * of itself then, or its disk lost what was synced. Such a node must not vote.
 */
export class OwnLoss {
  #told = 0;

  /** What is lost, once it was told often enough. */
  among(contradictions: readonly Contradicted[]): string | undefined {
    return contradictions.find(({ isOwnLoss }) => isOwnLoss && ++this.#told >= TOLD_MAX)?.what;
  }
}
