import sortedBTree from 'sorted-btree';
import bulk from 'sorted-btree/extended/bulkLoad.js';
import { present } from '../base/assert.ts';
import type { RecordTable, Row } from './record-table.ts';
import { BEHIND, IN_ORDER } from './row-state.ts';
import { sortRows } from './row-sort.ts';

/** Rows of the table in the order of their keys. */
export type RowTree = InstanceType<typeof sortedBTree.default<Row, undefined>>;

/** Rows of which the tree does not know yet, in the order in which they came. */
interface Backlog {
  readonly rows: Row[];
  /** Those before it are done. */
  head: number;
}

/** Of the tree: its own default. */
const NODE_ROWS_MAX = 32;
/** Beyond so many, each row that comes makes the tree catch up with an older one. */
const BEHIND_MAX = 16_384;
const NONE: Uint8Array = new Uint8Array();
const FIRST_ROWS = 16;

/**
 * The order of a space's records. A value that changes is nothing to it. It is brought up to date when
 * somebody asks for order: a record that came and went meanwhile never gets a place.
 */
export class RecordOrder {
  readonly #table: RecordTable;
  #tree: RowTree;
  /** 1 for each row that was loaded, and that the tree does not know yet… */
  #loaded: Uint8Array = NONE;
  /** …and how many they are. */
  #loadedRows = 0;
  /** What the tree does not know yet, by the first character of the keys: who asks for some needs not wait for all. */
  readonly #behind = new Map<number, Backlog>();

  /** The tree is made of rows that are sorted: it need not compare each with the next. */
  #isBuilding = false;

  constructor(table: RecordTable) {
    this.#table = table;
    this.#tree = new sortedBTree.default<Row, undefined>(undefined, this.#compare);
  }

  /** A record came under the row, whose key begins with that. */
  came(row: Row, key: string): void {
    if (this.#table.has(row, BEHIND)) return;
    this.#table.mark(row, BEHIND);
    const first = firstOf(key);
    let backlog = this.#behind.get(first);
    if (backlog === undefined) this.#behind.set(first, (backlog = { rows: [], head: 0 }));
    backlog.rows.push(row);
    if (backlog.rows.length - backlog.head > BEHIND_MAX) this.#catchUpWithOldest(backlog);
  }

  /** A row that is loaded; keys may come in any order. */
  add(row: Row): void {
    this.#table.mark(row, IN_ORDER);
    if (this.#tree.size > 0) {
      this.#tree.set(row, undefined);
      return;
    }
    if (row >= this.#loaded.length) this.#growLoaded(row);
    this.#loaded[row] = 1;
    this.#loadedRows++;
  }

  /** The record under the row went. */
  went(row: Row): void {
    if (!this.#table.has(row, IN_ORDER)) return;
    this.#table.unmark(row, IN_ORDER);
    if (this.#loaded[row] === 1) {
      this.#loaded[row] = 0;
      this.#loadedRows--;
    } else {
      this.#tree.delete(row);
    }
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

  readonly #compare = (left: Row, right: Row): number =>
    this.#isBuilding ? -1 : this.#table.compare(left, right);

  /** The tree, which knows what was loaded. */
  #settled(): RowTree {
    if (this.#loadedRows === 0) return this.#tree;
    const sorted = this.#sortedLoaded();
    const rows: Row[] = [];
    for (let at = 0; at < sorted.length; at++) rows.push(sorted[at] ?? 0);
    this.#isBuilding = true;
    this.#tree = bulk.bulkLoad(rows, noValues(rows.length), NODE_ROWS_MAX, this.#compare, 1);
    this.#isBuilding = false;
    this.#loaded = NONE;
    this.#loadedRows = 0;
    return this.#tree;
  }

  #sortedLoaded(): Int32Array {
    const rows = new Int32Array(this.#loadedRows);
    let at = 0;
    for (let row = 0; row < this.#loaded.length; row++) if (this.#loaded[row] === 1) rows[at++] = row;
    sortRows(rows, this.#table);
    return rows;
  }

  #growLoaded(row: Row): void {
    const larger = new Uint8Array(2 * row + FIRST_ROWS);
    larger.set(this.#loaded);
    this.#loaded = larger;
  }

  #catchUp(backlog: Backlog): void {
    const { rows, head } = backlog;
    for (let at = head; at < rows.length; at++) this.#settle(present(rows[at], 'a backlog has no holes'));
    rows.length = 0;
    backlog.head = 0;
  }

  #catchUpWithOldest(backlog: Backlog): void {
    this.#settle(present(backlog.rows[backlog.head], 'a backlog has no holes'));
    backlog.head++;
    if (backlog.head < BEHIND_MAX) return;
    backlog.rows.splice(0, backlog.head);
    backlog.head = 0;
  }

  /** Gives the row its place, if it has none; its record may have gone, or be another one by now. */
  #settle(row: Row): void {
    const table = this.#table;
    table.unmark(row, BEHIND);
    if (!table.isThere(row) || table.has(row, IN_ORDER)) return;
    table.mark(row, IN_ORDER);
    this.#settled().set(row, undefined);
  }
}

/** In the place of so many values, of which there are none: so no node has a list of its own for them. */
function noValues(length: number): undefined[] {
  return { length, slice: () => undefined } as unknown as undefined[];
}

/** Of the empty string, which comes before all others, -1. */
function firstOf(key: string): number {
  return key === '' ? -1 : key.charCodeAt(0);
}
