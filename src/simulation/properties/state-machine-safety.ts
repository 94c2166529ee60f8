import type { Index, NodeId } from '../../base/flavor.ts';
import type { RaftInspection } from '../../raft/raft.ts';
import type { RecordChange } from '../../machine/records.ts';
import type { StateWrite } from '../../replica/output.ts';
import { deepEqual } from '../deep-equal.ts';
import { claim } from '../violation.ts';
import { type Ledger, sameEntry } from './ledger.ts';
import { entryAt, type Property, type TurnView } from './property.ts';

interface Batch {
  readonly by: NodeId;
  readonly state: StateWrite;
}

/** Batches are compared while their place in the log is within this many entries of the end. */
const BATCHES_KEPT = 2000;

/**
 * If a node has applied an entry at an index, no other ever applies another one there (Raft paper,
 * figure 3), and what the same entries change is the same on every node. Keeps the ledger: what is
 * committed first, by anyone, is what all others are held to.
 */
export class StateMachineSafety implements Property {
  readonly name = 'state machine safety';
  readonly #ledger: Ledger;
  readonly #commitIndex = new Map<NodeId, Index>();
  readonly #appliedIndex = new Map<NodeId, Index>();
  /** What the entries behind one index, up to another, changed; by both. */
  readonly #batches = new Map<string, Batch>();

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  afterTurn({ id, raft, output }: TurnView): void {
    const from = Math.max(this.#commitIndex.get(id) ?? 0, raft.base.index);
    for (let index = from + 1; index <= raft.commitIndex; index++) this.#commit(raft, index);
    this.#commitIndex.set(id, raft.commitIndex);
    if (output.state !== undefined) this.#compare(id, output.state);
    if (output.replaceState !== undefined) this.#appliedIndex.set(id, output.replaceState.applied.index);
  }

  restarted(id: NodeId, raft: RaftInspection): void {
    this.#commitIndex.set(id, raft.commitIndex);
    this.#appliedIndex.set(id, raft.appliedIndex);
    for (let index = raft.base.index + 1; index <= raft.commitIndex; index++) this.#commit(raft, index);
  }

  #commit(raft: RaftInspection, index: Index): void {
    const entry = entryAt(raft, index);
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

  #compare(by: NodeId, state: StateWrite): void {
    const from = this.#appliedIndex.get(by) ?? 0;
    const to = state.applied.index;
    claim(to > from, this.name, () => `node ${by} applied up to ${to} after ${from}`);
    this.#appliedIndex.set(by, to);
    const key = `${from}-${to}`;
    const known = this.#batches.get(key);
    if (known === undefined) {
      this.#batches.set(key, { by, state });
      if (this.#batches.size > BATCHES_KEPT) this.#forgetOldest();
      return;
    }
    claim(
      sameChanges(known.state.changes, state.changes),
      this.name,
      () => `nodes ${known.by} and ${by} changed different records for entries ${from + 1} to ${to}`,
    );
  }

  #forgetOldest(): void {
    for (const key of this.#batches.keys()) {
      this.#batches.delete(key);
      return;
    }
  }
}

/** Each key changes once, so the order in which the changes are listed says nothing. */
function sameChanges(a: readonly RecordChange[], b: readonly RecordChange[]): boolean {
  return deepEqual(a, b) || deepEqual([...a].sort(byKey), [...b].sort(byKey));
}

function byKey(a: RecordChange, b: RecordChange): number {
  return a.key < b.key ? -1 : 1;
}
