import type { NodeId, Term } from '../../base/flavor.ts';
import { claim } from '../violation.ts';
import type { Property, TurnView } from './property.ts';

/** At most one leader can be elected in a given term (Raft paper, figure 3). */
export class ElectionSafety implements Property {
  readonly name = 'election safety';
  readonly #leaders = new Map<Term, NodeId>();

  afterTurn({ id, raft }: TurnView): void {
    if (raft.role !== 'leader') return;
    const other = this.#leaders.get(raft.term);
    if (other === id) return;
    claim(other === undefined, this.name, () => `nodes ${other} and ${id} both lead term ${raft.term}`);
    this.#leaders.set(raft.term, id);
  }
}
