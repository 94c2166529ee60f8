import sortedBTree from 'sorted-btree';
import { assert } from '../base/assert.ts';
import type { RangeOptions, ReadRecords, RecordChange, RecordEntry, Records } from './records.ts';
import { sizeOf } from './size-of.ts';

type Tree = InstanceType<typeof sortedBTree.default<string, unknown>>;

/** What stood under a key before a change; `undefined` stands for no record, since records are never undefined. */
interface Undo {
  readonly key: string;
  readonly before: unknown;
}

/** A state as it was at one moment; it costs nothing to make, and stays as it is. */
export class RecordView implements ReadRecords {
  readonly #tree: Tree;
  /** See `RecordTree.bytes`. */
  readonly bytes: number;

  /** Use `RecordTree.view()`. */
  constructor(tree: Tree, bytes: number) {
    this.#tree = tree;
    this.bytes = bytes;
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
 * All records of a node, in memory, ordered by key. It knows what changed since it was last asked,
 * can undo one command, and gives constant views of itself at no cost (copy on write).
 */
export class RecordTree implements Records {
  readonly #tree: Tree;
  #bytes = 0;
  /** What stood under each key that changed since `takeChanges`. */
  #changed = new Map<string, unknown>();
  /** The changes since `savepoint`, oldest first; undefined while there is none. */
  #undo: Undo[] | undefined;
  #bytesAtSavepoint = 0;

  /** @param records what there is to begin with, best in order; it does not count as changed */
  constructor(records: Iterable<RecordEntry<unknown>> = []) {
    this.#tree = new sortedBTree.default<string, unknown>(undefined, byteOrder);
    for (const [key, value] of records) this.#set(key, value);
    this.#changed.clear();
  }

  get size(): number {
    return this.#tree.size;
  }

  /** About what the records take when stored; equal on nodes that hold equal records. */
  get bytes(): number {
    return this.#bytes;
  }

  get<T>(key: string): T | undefined {
    return this.#tree.get(key) as T | undefined;
  }

  range<T>(from: string, to: string | undefined, options: RangeOptions = {}): Iterable<RecordEntry<T>> {
    return readRange(this.#tree, from, to, options);
  }

  /** @throws PlainnessError if the value is not plain */
  put(key: string, value: unknown): void {
    const before = this.#set(key, value);
    this.#undo?.push({ key, before });
  }

  delete(key: string): boolean {
    const before = this.#remove(key);
    if (before === undefined) return false;
    this.#undo?.push({ key, before });
    return true;
  }

  /** From here on changes can be undone. One at a time. */
  savepoint(): void {
    assert(this.#undo === undefined, 'one savepoint at a time');
    this.#undo = [];
    this.#bytesAtSavepoint = this.#bytes;
  }

  /** Undoes every change since the savepoint, and ends it. */
  rollback(): void {
    const undo = this.#undo;
    assert(undo !== undefined, 'there is a savepoint to go back to');
    this.#undo = undefined;
    for (let at = undo.length - 1; at >= 0; at--) {
      const step = undo[at];
      if (step === undefined) continue;
      if (step.before === undefined) this.#remove(step.key);
      else this.#set(step.key, step.before);
    }
    assert(this.#bytes === this.#bytesAtSavepoint, 'undoing leaves the size as it was');
  }

  /** Keeps the changes since the savepoint, and ends it. */
  release(): void {
    assert(this.#undo !== undefined, 'there is a savepoint to release');
    this.#undo = undefined;
  }

  /** What changed since it was last called: each key once, with its present value, in the order of the first change. */
  takeChanges(): RecordChange[] {
    assert(this.#undo === undefined, 'changes are taken between commands');
    const changes: RecordChange[] = [];
    for (const [key, before] of this.#changed) {
      const value = this.#tree.get(key);
      if (value !== before) changes.push({ key, value });
    }
    this.#changed = new Map();
    return changes;
  }

  /** The state as it is now; it stays so while this one changes. */
  view(): RecordView {
    return new RecordView(this.#tree.clone(), this.#bytes);
  }

  /** Returns what stood there before. */
  #set(key: string, value: unknown): unknown {
    const bytes = key.length + sizeOf(value);
    const before = this.#tree.get(key);
    this.#bytes += bytes - (before === undefined ? 0 : key.length + sizeOf(before));
    this.#tree.set(key, value);
    if (!this.#changed.has(key)) this.#changed.set(key, before);
    return before;
  }

  #remove(key: string): unknown {
    const before = this.#tree.get(key);
    if (before === undefined) return undefined;
    this.#tree.delete(key);
    this.#bytes -= key.length + sizeOf(before);
    if (!this.#changed.has(key)) this.#changed.set(key, before);
    return before;
  }
}

/** Of binary strings this is the order of their bytes. */
function byteOrder(left: string, right: string): number {
  if (left < right) return -1;
  return left > right ? 1 : 0;
}

function* readRange<T>(
  tree: Tree,
  from: string,
  to: string | undefined,
  { limit = Infinity, reverse = false }: RangeOptions,
): Generator<RecordEntry<T>, void, undefined> {
  if (tree.size === 0 || limit <= 0 || (to !== undefined && to <= from)) return;
  let left = limit;
  const entries = reverse ? tree.entriesReversed(to, undefined, true) : tree.entries(from);
  for (const entry of entries) {
    if (reverse ? entry[0] < from : to !== undefined && entry[0] >= to) return;
    yield entry as RecordEntry<T>;
    left--;
    if (left <= 0) return;
  }
}
