import type { Index, NodeId, Term } from '../../base/flavor.ts';
import { claim } from '../violation.ts';
import { type Property, type TurnView } from './property.ts';

/**
 * What a leader commits ends with an entry of its own term: older entries are committed only with
 * it, since copies of them on a majority are no proof (Raft paper, section 5.4.2 and figure 8).
 */
export class CommitOfOwnTerm implements Property {
  readonly name = 'commit of the own term';
  readonly #leading = new Map<NodeId, { readonly term: Term; readonly commitIndex: Index }>();

  afterTurn({ id, raft }: TurnView): void {
    const before = this.#leading.get(id);
    if (raft.role !== 'leader') {
      if (before !== undefined) this.#leading.delete(id);
      return;
    }
    const { term, commitIndex } = raft;
    if (before?.term === term && before.commitIndex === commitIndex) return;
    this.#leading.set(id, { term, commitIndex });
    // What it knew to be committed when it was elected, it learned from others.
    if (before?.term !== term) return;
    claim(
      raft.termAt(commitIndex) === term,
      this.name,
      () =>
        `node ${id}, leader of term ${term}, committed entry ${commitIndex} of term ${raft.termAt(commitIndex)}`,
    );
  }

  restarted(id: NodeId): void {
    this.#leading.delete(id);
  }
}
