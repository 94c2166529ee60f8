import { assert } from '../base/assert.ts';
import type { Codec } from '../base/codec.ts';
import { encodedAs, opened } from './packed-value.ts';
import type { RowTree } from './record-order.ts';
import type { RecordTable, Row } from './record-table.ts';
import type { RangeOptions, ReadRecords, RecordEntry } from './records.ts';

/** How the space reads its rows. */
export interface RowReader {
  valueOf(row: Row): unknown;
  /** As the codec writes it, if it is held so: a copy… */
  packedOf(row: Row): Uint8Array | undefined;
  /** …or what is held itself, until something changes. */
  peekPacked(row: Row): Uint8Array | undefined;
  closed(view: SpaceView): void;
}

/**
 * What a space held at one moment. The order is a copy of the tree, at no cost; the values are those
 * of the space itself, but for what changed since: that is kept here, until the view is closed.
 */
export class SpaceView implements ReadRecords {
  readonly size: number;
  readonly #tree: RowTree;
  readonly #table: RecordTable;
  readonly #reader: RowReader;
  /** Values, or packed ones. */
  readonly #before = new Map<Row, unknown>();
  #isClosed = false;

  /** Use `RecordSpace.view()`. */
  constructor(tree: RowTree, table: RecordTable, reader: RowReader) {
    this.#tree = tree;
    this.#table = table;
    this.#reader = reader;
    this.size = tree.size;
  }

  /** What the row held until now. */
  changes(row: Row, before: unknown): void {
    if (before !== undefined && !this.#before.has(row)) this.#before.set(row, before);
  }

  get<T>(key: string): T | undefined {
    for (const [, value] of this.range<T>(key, `${key}\u0000`)) return value;
    return undefined;
  }

  range<T>(from: string, to: string | undefined, options: RangeOptions = {}): Iterable<RecordEntry<T>> {
    return readRange(this.#tree, this.#table, from, to, options, (row) => this.#valueOf(row) as T);
  }

  /** From there on, values as the codec writes them. */
  encoded(from: string, codec: Codec): Iterable<RecordEntry<Uint8Array>> {
    return readRange(this.#tree, this.#table, from, undefined, {}, (row) => {
      const before = this.#before.get(row);
      if (before !== undefined) return encodedAs(before, codec);
      return this.#reader.packedOf(row) ?? codec.encode(this.#valueOf(row));
    });
  }

  /** It is not needed any more. */
  close(): void {
    this.#isClosed = true;
    this.#before.clear();
    this.#reader.closed(this);
  }

  #valueOf(row: Row): unknown {
    assert(!this.#isClosed, 'a view is read before it is closed');
    const before = this.#before.get(row);
    return before === undefined ? this.#reader.valueOf(row) : opened(before);
  }
}

export function readRange<T>(
  tree: RowTree,
  table: RecordTable,
  from: string,
  to: string | undefined,
  options: RangeOptions,
  read: (row: Row) => T,
): Iterable<RecordEntry<T>> {
  if (tree.size === 0 || (to !== undefined && to <= from)) return [];
  if (options.limit !== 1 || options.reverse === true) return walkRange(tree, table, from, to, options, read);
  // The first of a range is asked for before every command: is anything due?
  const row = tree.getPairOrNextHigher(table.probe(from))?.[0];
  if (row === undefined) return [];
  const key = table.keyOf(row);
  return to !== undefined && key >= to ? [] : [[key, read(row)]];
}

function* walkRange<T>(
  tree: RowTree,
  table: RecordTable,
  from: string,
  to: string | undefined,
  { limit = Infinity, reverse = false }: RangeOptions,
  read: (row: Row) => T,
): Generator<RecordEntry<T>, void, undefined> {
  if (limit <= 0) return;
  let left = limit;
  const highest = to === undefined ? undefined : table.probe(to);
  const rows = reverse ? tree.entriesReversed(highest, undefined, true) : tree.keys(table.probe(from));
  for (const found of rows) {
    const row = typeof found === 'number' ? found : found[0];
    const key = table.keyOf(row);
    if (reverse ? key < from : to !== undefined && key >= to) return;
    yield [key, read(row)];
    left--;
    if (left <= 0) return;
  }
}
