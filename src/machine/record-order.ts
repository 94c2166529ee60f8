import sortedBTree from 'sorted-btree';
import bulk from 'sorted-btree/extended/bulkLoad.js';
import { present } from '../base/assert.ts';
import type { ByteRange } from '../base/byte-range.ts';
import { binaryText } from './binary-string.ts';
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

/** Of the tree: its own default. */
const NODE_ROWS_MAX = 32;
/** Beyond so many, each cell that comes makes the tree catch up with an older one. */
const BEHIND_MAX = 16_384;

/**
 * The order of a space's records. A value that changes is nothing to it. It is brought up to date when
 * somebody asks for order: a record that came and went meanwhile never gets a place.
 */
export class RecordOrder {
  readonly #table: RecordTable;
  #tree: RowTree;
  /** Rows that were loaded in order, before there were others; the tree does not know of them yet. */
  #loaded: Row[] = [];
  /** What the tree does not know yet, by the first character of the keys: who asks for some needs not wait for all. */
  readonly #behind = new Map<number, Backlog>();
  /** No key is behind that of the row, or behind the text if it is NO_ROW; undefined before the first. */
  #lastRow: Row = NO_ROW;
  #bound: string | undefined;

  constructor(table: RecordTable) {
    this.#table = table;
    this.#tree = new sortedBTree.default<Row, undefined>(undefined, this.#compare);
  }

  came(cell: Cell): void {
    if ((cell.state & BEHIND) !== 0) return;
    cell.state |= BEHIND;
    if (this.#isBehindAll(cell.key)) this.#boundTo(cell.key);
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
    this.#settled().set(cell.row, undefined);
  }

  /** Whether all records come before the key. */
  isBehindAll(key: ByteRange): boolean {
    if (this.#lastRow !== NO_ROW) return this.#table.compareBytes(this.#lastRow, key) < 0;
    return this.#bound === undefined || this.#bound < binaryText(key.bytes, key.from, key.to);
  }

  /** A row of the table that is loaded, and has no cell; `isLast` if its key is behind all. */
  add(row: Row, isLast: boolean): void {
    if (isLast) this.#lastRow = row;
    if (isLast && this.#tree.size === 0) this.#loaded.push(row);
    else this.#settled().set(row, undefined);
  }

  went(cell: Cell): void {
    if ((cell.state & IN_ORDER) === 0) return;
    cell.state &= ~IN_ORDER;
    if (cell.row === this.#lastRow) this.#boundTo(cell.key);
    this.#settled().delete(cell.row);
  }

  /** A tree that knows all records there are between the bounds. */
  between(from: string, to: string | undefined): RowTree {
    const first = firstOf(from);
    const last = to === undefined ? Infinity : firstOf(to);
    for (const [start, backlog] of this.#behind) {
      if (start >= first && start <= last) this.#catchUp(backlog);
    }
    return this.#settled();
  }

  /** The order as it is now; it stays so. */
  copy(): RowTree {
    return this.between('', undefined).clone();
  }

  readonly #compare = (left: Row, right: Row): number => this.#table.compare(left, right);

  /** The tree, which knows what was loaded. */
  #settled(): RowTree {
    if (this.#loaded.length > 0) {
      const values = this.#loaded.map(() => undefined);
      this.#tree = bulk.bulkLoad(this.#loaded, values, NODE_ROWS_MAX, this.#compare, 1);
      this.#loaded = [];
    }
    return this.#tree;
  }

  #isBehindAll(key: string): boolean {
    if (this.#lastRow !== NO_ROW) return this.#table.compareText(this.#lastRow, key) < 0;
    return this.#bound === undefined || this.#bound < key;
  }

  #boundTo(key: string): void {
    this.#bound = key;
    this.#lastRow = NO_ROW;
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
