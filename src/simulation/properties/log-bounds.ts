import type { Index, NodeId } from '../../base/flavor.ts';
import type { Position } from '../../raft/entry.ts';
import type { RaftInspection } from '../../raft/inspection.ts';
import { claim } from '../violation.ts';
import { type DurableLog, type Property, type TurnView } from './property.ts';

/**
 * The places of a node's log stand in their order: compacted, applied, committed, last; only what
 * is on the node's own disk is applied; only what is in the durable state is compacted; a snapshot that
 * leaves reflects no more than was applied; and what a log holds behind one stays when that is installed.
 */
export class LogBounds implements Property {
  readonly name = 'log bounds';
  /** The states that came from elsewhere, or from the disk: up to where they go. */
  readonly #installed = new Map<NodeId, Index>();

  afterTurn({ id, raft, output, cluster }: TurnView): void {
    const { base, appliedIndex, commitIndex, stableIndex } = raft;
    const lastIndex = raft.lastIndex;
    const where = (): string =>
      `node ${id}: base ${base.index}, applied ${appliedIndex}, committed ${commitIndex}, stable ${stableIndex}, last ${lastIndex}`;
    claim(appliedIndex <= commitIndex, this.name, where);
    // A snapshot may bring more than what is on the disk of the log by then.
    if (output.replaceState !== undefined) this.#installed.set(id, output.replaceState.applied.index);
    const ownIndex = Math.max(stableIndex, this.#installed.get(id) ?? 0);
    claim(appliedIndex <= Math.max(ownIndex, base.index), this.name, where);
    claim(commitIndex <= lastIndex, this.name, where);
    claim(stableIndex <= lastIndex, this.name, where);
    claim(base.index <= commitIndex, this.name, where);
    const durable = cluster.durable(id);
    if (output.replaceState !== undefined) this.#checkKept(raft, output.replaceState.applied, durable);
    const isStable =
      stableIndex <= durable.base.index || durable.termAt(stableIndex) === raft.termAt(stableIndex);
    // Behind a snapshot that was just installed the log is empty, and its disk follows.
    claim(
      stableIndex === base.index || isStable,
      this.name,
      () => `${where()}: entry ${stableIndex} is not on its disk, or another one is`,
    );
    for (const message of output.send) {
      if (message.kind !== 'snapshot-request') continue;
      const { index, term } = message.snapshot;
      claim(
        index <= appliedIndex && (raft.termAt(index) ?? term) === term,
        this.name,
        () => `${where()}: it sends a snapshot as of entry ${index} of term ${term}`,
      );
    }
    const { write } = output;
    if (write?.compactTo === undefined) return;
    const { stateIndex } = durable;
    claim(
      write.compactTo <= stateIndex,
      this.name,
      () => `node ${id} compacts its log to ${write.compactTo}; its durable state ends at ${stateIndex}`,
    );
  }

  /** What was acknowledged is on the disk, until the turn's writes begin. */
  #checkKept(raft: RaftInspection, { index, term }: Position, durable: DurableLog): void {
    if (durable.termAt(index) !== term) return;
    claim(
      raft.lastIndex >= durable.lastIndex,
      this.name,
      () =>
        `node ${raft.id} installs a snapshot as of entry ${index}, and its log ends at ${raft.lastIndex} instead of ${durable.lastIndex}`,
    );
  }

  restarted(id: NodeId, raft: RaftInspection): void {
    this.#installed.set(id, raft.appliedIndex);
  }
}
