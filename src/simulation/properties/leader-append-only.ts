import type { Index, NodeId, Term } from '../../base/flavor.ts';
import { claim } from '../violation.ts';
import { type Property, type TurnView } from './property.ts';

interface Leading {
  readonly term: Term;
  readonly lastIndex: Index;
  readonly lastTerm: Term | undefined;
}

/** A leader never overwrites or deletes entries in its log; it only appends (Raft paper, figure 3). */
export class LeaderAppendOnly implements Property {
  readonly name = 'leader append-only';
  readonly #leading = new Map<NodeId, Leading>();

  afterTurn({ id, raft, output }: TurnView): void {
    const before = this.#leading.get(id);
    if (raft.role !== 'leader') {
      if (before !== undefined) this.#leading.delete(id);
      return;
    }
    const lastIndex = raft.lastIndex;
    const lastTerm = raft.termAt(lastIndex);
    this.#leading.set(id, { term: raft.term, lastIndex, lastTerm });
    if (before === undefined || before.term !== raft.term) return;
    const { write } = output;
    const what = (): string => `node ${id}, leader of term ${raft.term}, `;
    claim(write?.reset === undefined, this.name, () => `${what()}dropped its log`);
    claim(
      write?.truncateFrom === undefined,
      this.name,
      () => `${what()}cut its log at ${write?.truncateFrom}`,
    );
    claim(lastIndex >= before.lastIndex, this.name, () => `${what()}lost entries up to ${before.lastIndex}`);
    const kept = before.lastIndex <= raft.base.index || raft.termAt(before.lastIndex) === before.lastTerm;
    claim(kept, this.name, () => `${what()}overwrote entry ${before.lastIndex}`);
  }

  restarted(id: NodeId): void {
    this.#leading.delete(id);
  }
}
