import type { Index, NodeId, Term } from '../../base/flavor.ts';
import type { Entry } from '../../raft/entry.ts';
import type { RaftInspection } from '../../raft/inspection.ts';
import { claim } from '../violation.ts';
import { sameEntry } from './ledger.ts';
import { type Property, type TurnView } from './property.ts';

interface Known {
  readonly entry: Entry;
  /** Of the entry before it; undefined where it was not to be seen. */
  readonly previousTerm: Term | undefined;
}

/**
 * If two logs hold an entry of the same index and term, they are the same in all entries up to it
 * (Raft paper, figure 3). It is enough to compare each entry and the term before it with the first
 * of its index and term that was seen: the rest follows by induction.
 */
export class LogMatching implements Property {
  readonly name = 'log matching';
  /** By index: the entries of each term that some log held there. */
  readonly #known = new Map<Index, Known[]>();

  afterTurn({ id, raft, output }: TurnView): void {
    for (const entry of output.write?.entries ?? []) this.#check(id, raft, entry);
  }

  restarted(id: NodeId, raft: RaftInspection): void {
    for (const entry of raft.entries) this.#check(id, raft, entry);
  }

  #check(id: NodeId, raft: RaftInspection, entry: Entry): void {
    const previousTerm = entry.index === 1 ? 0 : raft.termAt(entry.index - 1);
    const known = this.#known.get(entry.index);
    if (known === undefined) {
      this.#known.set(entry.index, [{ entry, previousTerm }]);
      return;
    }
    const same = known.find((each) => each.entry.term === entry.term);
    if (same === undefined) {
      known.push({ entry, previousTerm });
      return;
    }
    const where = (): string => `node ${id}, entry ${entry.index} of term ${entry.term}`;
    claim(
      sameEntry(same.entry, entry),
      this.name,
      () => `${where()}: its content differs from another log's`,
    );
    if (previousTerm === undefined || same.previousTerm === undefined) return;
    claim(
      previousTerm === same.previousTerm,
      this.name,
      () => `${where()} follows term ${previousTerm} here and term ${same.previousTerm} in another log`,
    );
  }
}
