import type { Index } from '../../base/flavor.ts';
import { claim } from '../violation.ts';
import type { Ledger } from './ledger.ts';
import { majorityOf, type Property, type TurnView } from './property.ts';

/** An entry is committed only once a majority of the members holds it on stable storage. */
export class CommittedIsDurable implements Property {
  readonly name = 'committed is durable on a majority';
  readonly #ledger: Ledger;
  #checkedIndex: Index = 0;

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  afterTurn({ cluster }: TurnView): void {
    const last = this.#ledger.lastIndex;
    if (this.#checkedIndex === last) return;
    // Logs have no gaps and match: who holds the last of the new entries holds all of them.
    const term = this.#ledger.at(last)?.entry.term;
    const holders = cluster.members.filter((member) => {
      const durable = cluster.durable(member);
      return durable.termAt(last) === term || durable.base.index >= last;
    });
    claim(
      holders.length >= majorityOf(cluster.members),
      this.name,
      () =>
        `entry ${last} of term ${term} is committed, but on the disks of ${holders.join(', ') || 'none'} of ${cluster.members.length} nodes`,
    );
    this.#checkedIndex = last;
  }
}
