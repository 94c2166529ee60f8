import type { Term } from '../../base/flavor.ts';
import { claim } from '../violation.ts';
import type { Property, TurnView } from './property.ts';

/**
 * Nobody is elected while the leader of an earlier term holds its lease (thesis, section 6.4.1): that is
 * what its reads rest on. Looked at when a leader is new, whether or not the old one takes a turn: by
 * its own clock, as it would when it is asked. It holds as long as the clocks keep within their bound.
 */
export class LeaseSafety implements Property {
  readonly name = 'lease safety';
  readonly #isBound: () => boolean;
  #lastTerm: Term = 0;

  /** @param isBound whether the clocks have kept within their bound for as long as a lease may last */
  constructor(isBound: () => boolean) {
    this.#isBound = isBound;
  }

  afterTurn({ id, raft, cluster }: TurnView): void {
    if (raft.role !== 'leader' || raft.term <= this.#lastTerm) return;
    this.#lastTerm = raft.term;
    if (!this.#isBound()) return;
    for (const other of cluster.members) {
      const old = other === id ? undefined : cluster.raft(other);
      if (old?.role !== 'leader' || old.term >= raft.term) continue;
      claim(
        !cluster.holdsLease(other),
        this.name,
        () => `node ${id} leads term ${raft.term}, while node ${other} holds its lease in term ${old.term}`,
      );
    }
  }
}
