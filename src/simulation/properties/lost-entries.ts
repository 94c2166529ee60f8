import type { NodeId } from '../../base/flavor.ts';
import type { Position } from '../../raft/entry.ts';
import { type TurnView } from './property.ts';

type Turn = Pick<TurnView, 'id' | 'raft' | 'output' | 'cluster'>;

/**
 * The entries that nodes had on their disks, and found damaged when they came back. What a node
 * promised by them goes on to bind it until it has them again, or a leader has replaced them
 * ("Protocol-Aware Recovery", FAST '18).
 */
export class LostEntries {
  /** Where the log on each node's disk ended, before it was damaged. */
  readonly #held = new Map<NodeId, Position>();
  readonly #lost = new Map<NodeId, Position>();

  afterTurn({ id, raft, output, cluster }: Turn): void {
    const stable = { index: raft.stableIndex, term: raft.termAt(raft.stableIndex) ?? 0 };
    const lost = this.#lost.get(id);
    const isReplaced = output.replaceState !== undefined || output.write?.truncateFrom !== undefined;
    const isOver = lost === undefined || stable.index >= lost.index || stable.term > lost.term || isReplaced;
    if (!isOver) return;
    this.#lost.delete(id);
    // The place of a snapshot counts as stable before it is on the disk of the log.
    if (cluster.durable(id).termAt(stable.index) === stable.term) this.#held.set(id, stable);
  }

  restarted({ id, raft }: Pick<Turn, 'id' | 'raft'>): void {
    const held = this.#held.get(id);
    if (held !== undefined && raft.lastIndex < held.index) this.#lost.set(id, held);
    else this.#lost.delete(id);
  }

  /** Where the log of this node ended, as long as it lacks a part of it. */
  endOf(id: NodeId): Position | undefined {
    return this.#lost.get(id);
  }
}
