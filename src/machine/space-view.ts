import type sortedBTree from 'sorted-btree';
import { assert } from '../base/assert.ts';
import type { Codec } from '../base/codec.ts';
import type { Cell } from './record-cell.ts';
import type { RangeOptions, ReadRecords, RecordEntry } from './records.ts';

/** The order of the cells that are there. */
export type CellTree = InstanceType<typeof sortedBTree.default<string, Cell>>;

/** How the space reads its cells. */
export interface CellReader {
  valueOf(cell: Cell): unknown;
  /** As the codec writes it, if it is held so. */
  packedOf(cell: Cell): Uint8Array | undefined;
  closed(view: SpaceView): void;
}

/**
 * What a space held at one moment. The order is a copy of the tree, at no cost; the values are those
 * of the space itself, but for what changed since: that is kept here, until the view is closed.
 */
export class SpaceView implements ReadRecords {
  readonly size: number;
  readonly #tree: CellTree;
  readonly #reader: CellReader;
  readonly #before = new Map<Cell, unknown>();
  #isClosed = false;

  /** Use `RecordSpace.view()`. */
  constructor(tree: CellTree, reader: CellReader) {
    this.#tree = tree;
    this.#reader = reader;
    this.size = tree.size;
  }

  /** The cell held this when the view was made, or it was not there. */
  changes(cell: Cell, before: unknown): void {
    if (before !== undefined && !this.#before.has(cell)) this.#before.set(cell, before);
  }

  get<T>(key: string): T | undefined {
    const cell = this.#tree.get(key);
    return cell === undefined ? undefined : (this.#valueOf(cell) as T);
  }

  range<T>(from: string, to: string | undefined, options: RangeOptions = {}): Iterable<RecordEntry<T>> {
    return readRange(this.#tree, from, to, options, (cell) => this.#valueOf(cell) as T);
  }

  /** From there on, values as the codec writes them. */
  encoded(from: string, codec: Codec): Iterable<RecordEntry<Uint8Array>> {
    return readRange(this.#tree, from, undefined, {}, (cell) => {
      const packed = this.#before.has(cell) ? undefined : this.#reader.packedOf(cell);
      return packed ?? codec.encode(this.#valueOf(cell));
    });
  }

  /** It is not needed any more. */
  close(): void {
    this.#isClosed = true;
    this.#before.clear();
    this.#reader.closed(this);
  }

  #valueOf(cell: Cell): unknown {
    assert(!this.#isClosed, 'a view is read before it is closed');
    const before = this.#before.get(cell);
    return before === undefined ? this.#reader.valueOf(cell) : before;
  }
}

export function readRange<T>(
  tree: CellTree,
  from: string,
  to: string | undefined,
  options: RangeOptions,
  read: (cell: Cell) => T,
): Iterable<RecordEntry<T>> {
  if (tree.size === 0 || (to !== undefined && to <= from)) return [];
  if (options.limit !== 1 || options.reverse === true) return walkRange(tree, from, to, options, read);
  // The first of a range is asked for before every command: is anything due?
  const first = tree.getPairOrNextHigher(from);
  return first === undefined || (to !== undefined && first[0] >= to) ? [] : [[first[0], read(first[1])]];
}

function* walkRange<T>(
  tree: CellTree,
  from: string,
  to: string | undefined,
  { limit = Infinity, reverse = false }: RangeOptions,
  read: (cell: Cell) => T,
): Generator<RecordEntry<T>, void, undefined> {
  if (limit <= 0) return;
  let left = limit;
  const entries = reverse ? tree.entriesReversed(to, undefined, true) : tree.entries(from);
  for (const [key, cell] of entries) {
    if (reverse ? key < from : to !== undefined && key >= to) return;
    yield [key, read(cell)];
    left--;
    if (left <= 0) return;
  }
}
