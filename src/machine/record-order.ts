import sortedBTree from 'sorted-btree';
import { present } from '../base/assert.ts';
import { BEHIND, type Cell, IN_TREE, isThere } from './record-cell.ts';
import type { CellTree } from './space-view.ts';

/** Cells of which the tree does not know yet, in the order in which they fell behind. */
interface Backlog {
  readonly cells: Cell[];
  /** Those before it are done. */
  head: number;
}

/** Beyond so many, each cell that falls behind makes the tree catch up with an older one. */
const BEHIND_MAX = 16_384;

/**
 * The order of a space's records: a tree of their cells. A value that changes is nothing to it. It is
 * brought up to date when somebody asks for order: a record that came and went meanwhile never gets
 * into the tree.
 */
export class RecordOrder {
  readonly #tree: CellTree = new sortedBTree.default<string, Cell>(undefined, byteOrder);
  /** What the tree does not know yet, by the first character of the keys: who asks for some needs not wait for all. */
  readonly #behind = new Map<number, Backlog>();

  /** The record came, or went. */
  changed(cell: Cell): void {
    if ((cell.state & BEHIND) !== 0) return;
    cell.state |= BEHIND;
    const first = firstOf(cell.key);
    let backlog = this.#behind.get(first);
    if (backlog === undefined) this.#behind.set(first, (backlog = { cells: [], head: 0 }));
    backlog.cells.push(cell);
    if (backlog.cells.length - backlog.head > BEHIND_MAX) this.#catchUpWithOldest(backlog);
  }

  /** A tree that knows all records there are between the bounds. */
  between(from: string, to: string | undefined): CellTree {
    const first = firstOf(from);
    const last = to === undefined ? Infinity : firstOf(to);
    for (const [start, backlog] of this.#behind) {
      if (start >= first && start <= last) this.#catchUp(backlog);
    }
    return this.#tree;
  }

  /** The order as it is now; it stays so. */
  copy(): CellTree {
    return this.between('', undefined).clone();
  }

  #catchUp(backlog: Backlog): void {
    const { cells, head } = backlog;
    for (let at = head; at < cells.length; at++) this.#follow(present(cells[at], 'a backlog has no holes'));
    cells.length = 0;
    backlog.head = 0;
  }

  #catchUpWithOldest(backlog: Backlog): void {
    this.#follow(present(backlog.cells[backlog.head], 'a backlog has no holes'));
    backlog.head++;
    if (backlog.head < BEHIND_MAX) return;
    backlog.cells.splice(0, backlog.head);
    backlog.head = 0;
  }

  #follow(cell: Cell): void {
    cell.state &= ~BEHIND;
    if (isThere(cell)) {
      this.#tree.set(cell.key, cell);
      cell.state |= IN_TREE;
    } else if ((cell.state & IN_TREE) !== 0) {
      this.#tree.delete(cell.key);
      cell.state &= ~IN_TREE;
    }
  }
}

/** Of the empty string, which comes before all others, -1. */
function firstOf(key: string): number {
  return key === '' ? -1 : key.charCodeAt(0);
}

/** Of binary strings this is the order of their bytes. */
export function byteOrder(left: string, right: string): number {
  if (left < right) return -1;
  return left > right ? 1 : 0;
}
