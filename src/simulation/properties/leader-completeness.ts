import type { Index, NodeId, Term } from '../../base/flavor.ts';
import type { RaftInspection } from '../../raft/inspection.ts';
import { claim } from '../violation.ts';
import type { Ledger } from './ledger.ts';
import { type Property, type TurnView } from './property.ts';

/**
 * An entry that was committed in a term is in the logs of the leaders of all higher terms (Raft
 * paper, figure 3). It is the term in which the entry was committed that counts, not the entry's
 * own, and not the order of events: delayed votes can elect the leader of an old term late.
 */
export class LeaderCompleteness implements Property {
  readonly name = 'leader completeness';
  readonly #ledger: Ledger;
  /** The terms for which each node was seen to lead. */
  readonly #led = new Map<NodeId, Term>();
  #checkedIndex: Index = 0;

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  afterTurn({ id, raft, cluster }: TurnView): void {
    if (raft.role === 'leader' && this.#led.get(id) !== raft.term) {
      this.#led.set(id, raft.term);
      for (let index = raft.base.index + 1; index <= this.#ledger.lastIndex; index++)
        this.#check(raft, index);
    }
    if (this.#checkedIndex === this.#ledger.lastIndex) return;
    for (const member of cluster.members) {
      if (member === id) continue;
      const other = cluster.raft(member);
      if (other?.role !== 'leader') continue;
      for (let index = this.#checkedIndex + 1; index <= this.#ledger.lastIndex; index++)
        this.#check(other, index);
    }
    this.#checkedIndex = this.#ledger.lastIndex;
  }

  #check(leader: RaftInspection, index: Index): void {
    const committed = this.#ledger.at(index);
    if (committed === undefined || committed.inTerm >= leader.term || index <= leader.base.index) return;
    const { entry, inTerm } = committed;
    claim(
      leader.termAt(index) === entry.term,
      this.name,
      () =>
        `node ${leader.id} leads term ${leader.term} without entry ${index} of term ${entry.term}, committed in term ${inTerm}`,
    );
  }
}
