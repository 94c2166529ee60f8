import { present } from '../../base/assert.ts';
import type { Index, NodeId } from '../../base/flavor.ts';
import type { Configuration } from '../../raft/configuration.ts';
import { claim } from '../violation.ts';
import type { Ledger } from './ledger.ts';
import { isQuorum, type Property, type TurnView } from './property.ts';

/**
 * An entry is committed only once a quorum holds it on stable storage: that of the configuration by
 * which the leader commits it. A node whose log was damaged since it acknowledged the entry counts as
 * long as it knows of that: it helps nobody without the entry to be elected.
 */
export class CommittedIsDurable implements Property {
  readonly name = 'committed is durable on a majority';
  readonly #ledger: Ledger;
  #checkedIndex: Index = 0;
  /** At each node, as of its last turn. */
  readonly #configurations = new Map<NodeId, Configuration>();

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  afterTurn({ id, raft, cluster }: TurnView): void {
    const before = this.#configurations.get(id);
    if (before !== raft.configuration) this.#configurations.set(id, raft.configuration);
    const last = this.#ledger.lastIndex;
    if (this.#checkedIndex === last) return;
    // Logs have no gaps and match: who holds the last of the new entries holds all of them.
    const term = present(this.#ledger.at(last), 'what is committed is in the ledger').entry.term;
    const holders = cluster.members.filter((member) => {
      const durable = cluster.durable(member);
      return durable.base.index >= last || durable.knows({ index: last, term });
    });
    claim(
      // A turn may commit something, and then change the configuration.
      isQuorum(raft.configuration, holders) || (before !== undefined && isQuorum(before, holders)),
      this.name,
      () =>
        `entry ${last} of term ${term} is committed, but on the disks of ${holders.join(', ') || 'none'} `,
    );
    this.#checkedIndex = last;
  }
}
