import type { Term } from '../../base/flavor.ts';
import { claim } from '../violation.ts';
import type { Property, TurnView } from './property.ts';

/**
 * While a leader holds its lease nobody leads a later term (thesis, section 6.4.1): that is what its
 * reads rest on. It holds as long as the clocks keep within their bound.
 */
export class LeaseSafety implements Property {
  readonly name = 'lease safety';
  readonly #isBound: () => boolean;
  #lastTerm: Term = 0;

  /** @param isBound whether the clocks have kept within their bound for as long as a lease may last */
  constructor(isBound: () => boolean) {
    this.#isBound = isBound;
  }

  afterTurn({ id, raft }: TurnView): void {
    if (raft.role !== 'leader') return;
    if (raft.term > this.#lastTerm) this.#lastTerm = raft.term;
    claim(
      !raft.holdsLease || raft.term === this.#lastTerm || !this.#isBound(),
      this.name,
      () => `node ${id} holds its lease in term ${raft.term}, while another leads term ${this.#lastTerm}`,
    );
  }
}
