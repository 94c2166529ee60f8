import sortedBTree from 'sorted-btree';
import { present } from '../base/assert.ts';
import { BEHIND, type Cell, IN_ORDER } from './record-cell.ts';
import { NO_ROW, type RecordTable, type Row } from './record-table.ts';

/** Rows of the table in the order of their keys. */
export type RowTree = InstanceType<typeof sortedBTree.default<Row, undefined>>;

/** Cells of which the tree does not know yet, in the order in which they came. */
interface Backlog {
  readonly cells: Cell[];
  /** Those before it are done. */
  head: number;
}

/** Beyond so many, each cell that comes makes the tree catch up with an older one. */
const BEHIND_MAX = 16_384;

/**
 * The order of a space's records. A value that changes is nothing to it. It is brought up to date when
 * somebody asks for order: a record that came and went meanwhile never gets a place.
 */
export class RecordOrder {
  readonly #tree: RowTree;
  /** What the tree does not know yet, by the first character of the keys: who asks for some needs not wait for all. */
  readonly #behind = new Map<number, Backlog>();
  /** No key is behind it; undefined before the first. */
  #bound: string | undefined;
  /** The row that is being added behind all others, if it is: nobody needs to compare it. */
  #added: Row = NO_ROW;

  constructor(table: RecordTable) {
    this.#tree = new sortedBTree.default<Row, undefined>(undefined, (left, right) => {
      if (left === this.#added) return right === left ? 0 : 1;
      return right === this.#added ? -1 : byteOrder(table.keyOf(left), table.keyOf(right));
    });
  }

  /** Whether all records come before the key. */
  isBehindAll(key: string): boolean {
    return this.#bound === undefined || key > this.#bound;
  }

  came(cell: Cell): void {
    if ((cell.state & BEHIND) !== 0) return;
    cell.state |= BEHIND;
    if (this.isBehindAll(cell.key)) this.#bound = cell.key;
    const first = firstOf(cell.key);
    let backlog = this.#behind.get(first);
    if (backlog === undefined) this.#behind.set(first, (backlog = { cells: [], head: 0 }));
    backlog.cells.push(cell);
    if (backlog.cells.length - backlog.head > BEHIND_MAX) this.#catchUpWithOldest(backlog);
  }

  /** Gives the cell its place now, if it has none. */
  settle(cell: Cell): void {
    cell.state &= ~BEHIND;
    if (cell.value === undefined || (cell.state & IN_ORDER) !== 0) return;
    cell.state |= IN_ORDER;
    this.add(cell.row, cell.key);
  }

  /** A row of the table, and its key; best in order. */
  add(row: Row, key: string): void {
    if (this.isBehindAll(key)) {
      this.#bound = key;
      this.#added = row;
    }
    this.#tree.set(row, undefined);
    this.#added = NO_ROW;
  }

  went(cell: Cell): void {
    if ((cell.state & IN_ORDER) === 0) return;
    cell.state &= ~IN_ORDER;
    this.#tree.delete(cell.row);
  }

  /** A tree that knows all records there are between the bounds. */
  between(from: string, to: string | undefined): RowTree {
    const first = firstOf(from);
    const last = to === undefined ? Infinity : firstOf(to);
    for (const [start, backlog] of this.#behind) {
      if (start >= first && start <= last) this.#catchUp(backlog);
    }
    return this.#tree;
  }

  /** The order as it is now; it stays so. */
  copy(): RowTree {
    return this.between('', undefined).clone();
  }

  #catchUp(backlog: Backlog): void {
    const { cells, head } = backlog;
    for (let at = head; at < cells.length; at++) this.settle(present(cells[at], 'a backlog has no holes'));
    cells.length = 0;
    backlog.head = 0;
  }

  #catchUpWithOldest(backlog: Backlog): void {
    this.settle(present(backlog.cells[backlog.head], 'a backlog has no holes'));
    backlog.head++;
    if (backlog.head < BEHIND_MAX) return;
    backlog.cells.splice(0, backlog.head);
    backlog.head = 0;
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
