import type { Index, NodeId } from '../../base/flavor.ts';
import type { RaftInspection } from '../../raft/inspection.ts';
import { claim } from '../violation.ts';
import { type Ledger, sameEntry } from './ledger.ts';
import { type Property, type TurnView } from './property.ts';

/**
 * If a node has applied an entry at an index, no other ever applies another one there (Raft paper,
 * figure 3). Keeps the ledger: what is committed first, by anyone, is what all others are held to.
 */
export class StateMachineSafety implements Property {
  readonly name = 'state machine safety';
  readonly #ledger: Ledger;
  readonly #commitIndex = new Map<NodeId, Index>();

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  afterTurn({ id, raft }: TurnView): void {
    const from = Math.max(this.#commitIndex.get(id) ?? 0, raft.base.index);
    for (let index = from + 1; index <= raft.commitIndex; index++) this.#commit(raft, index);
    this.#commitIndex.set(id, raft.commitIndex);
  }

  restarted(id: NodeId, raft: RaftInspection): void {
    this.#commitIndex.set(id, raft.commitIndex);
    for (let index = raft.base.index + 1; index <= raft.commitIndex; index++) this.#commit(raft, index);
  }

  #commit(raft: RaftInspection, index: Index): void {
    const entry = raft.entryAt(index);
    claim(
      entry !== undefined,
      this.name,
      () => `node ${raft.id} committed entry ${index}, which it does not hold`,
    );
    const known = this.#ledger.at(index);
    if (known === undefined) {
      this.#ledger.append(entry, raft.term);
      return;
    }
    claim(
      sameEntry(known.entry, entry),
      this.name,
      () =>
        `node ${raft.id} committed an entry ${index} of term ${entry.term}; others one of term ${known.entry.term}`,
    );
  }
}
