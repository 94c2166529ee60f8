import sortedBTree from 'sorted-btree';
import { present } from '../base/assert.ts';
import { isBinary } from './binary-string.ts';
import { PlainnessError } from './plainness-error.ts';
import type { RangeOptions, ReadRecords, RecordChange, RecordEntry, Records } from './records.ts';
import { sizeOf } from './size-of.ts';

type Tree = InstanceType<typeof sortedBTree.default<string, unknown>>;

/** A change, and what stood there before; `undefined` stands for no record. */
export interface SpaceChange {
  readonly space: RecordSpace;
  readonly key: string;
  readonly before: unknown;
}

/** Where a space notes each of its changes. */
export interface Journal {
  /** About what all records take when stored. */
  bytes: number;
  /** Whether changes are noted, to be taken later. */
  tracked: boolean;
  /** Keys that changed since the changes were last taken… */
  changes: number;
  /** …and about how many bytes their values took, each time they were put. */
  changedBytes: number;
  /** Since the savepoint, oldest first; undefined while there is none. */
  undo: SpaceChange[] | undefined;
}

/** What a space held at one moment. */
export class SpaceView implements ReadRecords {
  readonly #tree: Tree;

  constructor(tree: Tree) {
    this.#tree = tree;
  }

  get size(): number {
    return this.#tree.size;
  }

  get<T>(key: string): T | undefined {
    return this.#tree.get(key) as T | undefined;
  }

  range<T>(from: string, to: string | undefined, options: RangeOptions = {}): Iterable<RecordEntry<T>> {
    return readRange(this.#tree, from, to, options);
  }
}

/** One record, or what is left of one until its deletion is taken. */
interface Cell {
  readonly key: string;
  /** Undefined once it is deleted. */
  value: unknown;
  /** About what the value takes when stored. */
  bytes: number;
  /** What stood here when changes were last taken; only of a cell that changed since. */
  before: unknown;
  isChanged: boolean;
  isInTree: boolean;
  isBehind: boolean;
}

/** Records of which the tree does not know yet, in the order in which they fell behind. */
interface Backlog {
  readonly cells: Cell[];
  /** Those before it are done. */
  head: number;
}

/** Beyond so many, each record that falls behind makes the tree catch up with an older one. */
const BEHIND_MAX = 16_384;

/**
 * The records of one machine, under its own keys. Each machine has a tree of its own: the small ones
 * stay fast beside a large one, and nobody has to put a prefix before each key.
 *
 * Most commands ask for single keys: a hash table answers those. The tree, which knows the order and
 * gives views, is brought up to date when somebody asks for either: a record that changed a hundred
 * times meanwhile is put there once, and one that came and went never.
 */
export class RecordSpace implements Records {
  readonly name: string;
  readonly #journal: Journal;
  readonly #prefixBytes: number;
  readonly #cells = new Map<string, Cell>();
  readonly #tree: Tree = new sortedBTree.default<string, unknown>(undefined, byteOrder);
  /** What the tree does not know yet, by the first character of the keys: who asks for some needs not wait for all. */
  readonly #behind = new Map<number, Backlog>();
  #changed: Cell[] = [];
  #size = 0;

  constructor(name: string, journal: Journal) {
    this.name = name;
    this.#journal = journal;
    this.#prefixBytes = name.length + 1;
  }

  get size(): number {
    return this.#size;
  }

  get<T>(key: string): T | undefined {
    return this.#cells.get(key)?.value as T | undefined;
  }

  /** About what the value of a record takes when stored; 0 if there is none. */
  bytesOf(key: string): number {
    return this.#cells.get(key)?.bytes ?? 0;
  }

  range<T>(from: string, to: string | undefined, options: RangeOptions = {}): Iterable<RecordEntry<T>> {
    const first = firstOf(from);
    const last = to === undefined ? Infinity : firstOf(to);
    for (const [start, backlog] of this.#behind) {
      if (start >= first && start <= last) this.#catchUp(backlog);
    }
    return readRange(this.#tree, from, to, options);
  }

  /** @throws PlainnessError if the key is no binary string or the value is not plain */
  put(key: string, value: unknown): void {
    const bytes = sizeOf(value);
    const cell = this.#cells.get(key) ?? this.#addCell(key);
    const before = cell.value;
    if (before === undefined) this.#size++;
    this.#journal.bytes += bytes - (before === undefined ? -this.#keyBytes(key) : cell.bytes);
    this.#note(cell, before);
    cell.value = value;
    cell.bytes = bytes;
    if (this.#journal.tracked) this.#journal.changedBytes += bytes;
  }

  delete(key: string): boolean {
    const cell = this.#cells.get(key);
    if (cell?.value === undefined) return false;
    this.#size--;
    this.#journal.bytes -= this.#keyBytes(key) + cell.bytes;
    this.#note(cell, cell.value);
    cell.value = undefined;
    cell.bytes = 0;
    if (cell.before === undefined) this.#forget(cell);
    return true;
  }

  /** Adds what changed to `changes`, in the order of the first change. */
  takeChanged(changes: RecordChange[]): void {
    for (const cell of this.#changed) {
      if (!cell.isChanged) continue;
      const { key, value, before } = cell;
      cell.isChanged = false;
      cell.before = undefined;
      if (value === undefined) this.#cells.delete(key);
      if (value !== before) changes.push({ key: `${this.name}/${key}`, value });
    }
    this.#changed = [];
  }

  view(): SpaceView {
    for (const backlog of this.#behind.values()) this.#catchUp(backlog);
    return new SpaceView(this.#tree.clone());
  }

  #addCell(key: string): Cell {
    if (!isBinary(key)) throw new PlainnessError('a record key holds a character above one byte');
    const cell: Cell = {
      key,
      value: undefined,
      bytes: 0,
      before: undefined,
      isChanged: false,
      isInTree: false,
      isBehind: false,
    };
    this.#cells.set(key, cell);
    return cell;
  }

  /** Nothing is stored under the key: it came and went, and nobody needs to hear of it. */
  #forget(cell: Cell): void {
    this.#cells.delete(cell.key);
    if (!cell.isChanged) return;
    cell.isChanged = false;
    this.#journal.changes--;
  }

  #note(cell: Cell, before: unknown): void {
    if (!cell.isBehind) this.#fallBehind(cell);
    this.#journal.undo?.push({ space: this, key: cell.key, before });
    if (!this.#journal.tracked || cell.isChanged) return;
    cell.isChanged = true;
    cell.before = before;
    this.#changed.push(cell);
    this.#journal.changes++;
  }

  #fallBehind(cell: Cell): void {
    cell.isBehind = true;
    const first = firstOf(cell.key);
    let backlog = this.#behind.get(first);
    if (backlog === undefined) this.#behind.set(first, (backlog = { cells: [], head: 0 }));
    backlog.cells.push(cell);
    if (backlog.cells.length - backlog.head > BEHIND_MAX) this.#catchUpWithOldest(backlog);
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
    const { key, value } = cell;
    cell.isBehind = false;
    if (value !== undefined) this.#tree.set(key, value);
    else if (cell.isInTree) this.#tree.delete(key);
    cell.isInTree = value !== undefined;
  }

  #keyBytes(key: string): number {
    return this.#prefixBytes + key.length;
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

function readRange<T>(
  tree: Tree,
  from: string,
  to: string | undefined,
  options: RangeOptions,
): Iterable<RecordEntry<T>> {
  if (tree.size === 0 || (to !== undefined && to <= from)) return [];
  if (options.limit !== 1 || options.reverse === true) return walkRange(tree, from, to, options);
  // The first of a range is asked for before every command: is anything due?
  const first = tree.getPairOrNextHigher(from);
  return first === undefined || (to !== undefined && first[0] >= to) ? [] : [first as [string, T]];
}

function* walkRange<T>(
  tree: Tree,
  from: string,
  to: string | undefined,
  { limit = Infinity, reverse = false }: RangeOptions,
): Generator<RecordEntry<T>, void, undefined> {
  if (limit <= 0) return;
  let left = limit;
  const entries = reverse ? tree.entriesReversed(to, undefined, true) : tree.entries(from);
  for (const entry of entries) {
    if (reverse ? entry[0] < from : to !== undefined && entry[0] >= to) return;
    yield entry as RecordEntry<T>;
    left--;
    if (left <= 0) return;
  }
}
