import sortedBTree from 'sorted-btree';
import { isBinary } from './binary-string.ts';
import { PlainnessError } from './plainness-error.ts';
import type { RangeOptions, ReadRecords, RecordEntry, Records } from './records.ts';
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

/**
 * The records of one machine, under its own keys. Each machine has a tree of its own: the small ones
 * stay fast beside a large one, and nobody has to put a prefix before each key.
 */
export class RecordSpace implements Records {
  readonly name: string;
  readonly #journal: Journal;
  readonly #prefixBytes: number;
  readonly #tree: Tree = new sortedBTree.default<string, unknown>(undefined, byteOrder);
  /** What stood under each key that changed since `takeChanges`. */
  #changed = new Map<string, unknown>();

  constructor(name: string, journal: Journal) {
    this.name = name;
    this.#journal = journal;
    this.#prefixBytes = name.length + 1;
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

  /** @throws PlainnessError if the key is no binary string or the value is not plain */
  put(key: string, value: unknown): void {
    const bytes = sizeOf(value);
    if (!isBinary(key)) throw new PlainnessError('a record key holds a character above one byte');
    const before = this.#tree.get(key);
    this.#journal.bytes += bytes - (before === undefined ? -this.#keyBytes(key) : sizeOf(before));
    this.#tree.set(key, value);
    if (this.#journal.tracked) this.#journal.changedBytes += bytes;
    this.#note(key, before, value);
  }

  delete(key: string): boolean {
    const before = this.#tree.get(key);
    if (before === undefined) return false;
    this.#tree.delete(key);
    this.#journal.bytes -= this.#keyBytes(key) + sizeOf(before);
    this.#note(key, before, undefined);
    return true;
  }

  /** The keys that changed, with what stood there before, in the order of the first change. */
  takeChanged(): ReadonlyMap<string, unknown> {
    const changed = this.#changed;
    this.#changed = new Map();
    this.#journal.changes -= changed.size;
    return changed;
  }

  view(): SpaceView {
    return new SpaceView(this.#tree.clone());
  }

  #note(key: string, before: unknown, after: unknown): void {
    this.#journal.undo?.push({ space: this, key, before });
    if (!this.#journal.tracked) return;
    if (!this.#changed.has(key)) {
      this.#changed.set(key, before);
      this.#journal.changes++;
    } else if (after === undefined && this.#changed.get(key) === undefined) {
      // It came and went: nobody needs to hear of it.
      this.#changed.delete(key);
      this.#journal.changes--;
    }
  }

  #keyBytes(key: string): number {
    return this.#prefixBytes + key.length;
  }
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
