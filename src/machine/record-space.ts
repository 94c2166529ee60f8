import { assert } from '../base/assert.ts';
import { isBinary } from './binary-string.ts';
import { PlainnessError } from './plainness-error.ts';
import { type Cell, CHANGED, isThere, newCell, NOWHERE, TOUCHED, WAS_THERE } from './record-cell.ts';
import { RecordOrder } from './record-order.ts';
import type { RecordPacker } from './record-packer.ts';
import type { RangeOptions, RecordChange, RecordEntry, Records, StoredMark } from './records.ts';
import { sizeOf } from './size-of.ts';
import { type CellReader, readRange, SpaceView } from './space-view.ts';

/** A change, and what stood there before; `undefined` stands for no record. */
export interface SpaceChange {
  readonly space: RecordSpace;
  readonly key: string;
  readonly before: unknown;
  /** It had changed already since changes were last taken. */
  readonly wasChanged: boolean;
}

/** What the spaces of a tree share: where each notes its changes. */
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
  /** Without one, all records are held as values. */
  readonly packer: RecordPacker | undefined;
}

/**
 * The records of one machine, under its own keys. Each machine has a tree of its own: the small ones
 * stay fast beside a large one, and nobody has to put a prefix before each key.
 *
 * Most commands ask for single keys: a hash table answers those. The tree knows only the order.
 */
export class RecordSpace implements Records {
  readonly name: string;
  readonly #journal: Journal;
  readonly #prefixBytes: number;
  readonly #cells = new Map<string, Cell>();
  readonly #order: RecordOrder = new RecordOrder();
  readonly #views = new Set<SpaceView>();
  readonly #reader: CellReader;
  /** Whoever reads a record often puts it next. */
  #last: Cell | undefined;
  #changed: Cell[] = [];
  #size = 0;

  constructor(name: string, journal: Journal) {
    this.name = name;
    this.#journal = journal;
    this.#prefixBytes = name.length + 1;
    const { packer } = journal;
    this.#reader = {
      valueOf: (cell) => (cell.value === undefined && cell.at !== NOWHERE ? packer?.read(cell) : cell.value),
      packedOf: (cell) => (cell.at === NOWHERE ? undefined : packer?.encoded(cell)),
      closed: (view) => this.#views.delete(view),
    };
  }

  get size(): number {
    return this.#size;
  }

  get<T>(key: string): T | undefined {
    const cell = this.#find(key);
    return cell === undefined ? undefined : (this.#open(cell) as T | undefined);
  }

  /** About what the value of a record takes when stored; 0 if there is none. */
  bytesOf(key: string): number {
    return this.#find(key)?.bytes ?? 0;
  }

  range<T>(from: string, to: string | undefined, options: RangeOptions = {}): Iterable<RecordEntry<T>> {
    const read = this.#reader.valueOf as (cell: Cell) => T;
    return readRange(this.#order.between(from, to), from, to, options, read);
  }

  /** @throws PlainnessError if the key is no binary string or the value is not plain */
  put(key: string, value: unknown): void {
    const bytes = sizeOf(value);
    const cell = this.#find(key) ?? this.#addCell(key);
    const before = this.#open(cell);
    this.#journal.bytes += bytes - (before === undefined ? -this.#keyBytes(key) : cell.bytes);
    this.#note(cell, before);
    const { packer } = this.#journal;
    if (cell.at !== NOWHERE) packer?.forget(cell);
    cell.value = value;
    cell.bytes = bytes;
    if (before === undefined) this.#came(cell);
    packer?.opened(cell);
    if (this.#journal.tracked) this.#journal.changedBytes += bytes;
  }

  delete(key: string): boolean {
    const cell = this.#find(key);
    const before = cell === undefined ? undefined : this.#open(cell);
    if (cell === undefined || before === undefined) return false;
    this.#journal.bytes -= this.#keyBytes(key) + cell.bytes;
    this.#note(cell, before);
    if (cell.at !== NOWHERE) this.#journal.packer?.forget(cell);
    cell.value = undefined;
    cell.bytes = 0;
    this.#size--;
    this.#order.changed(cell);
    if (!this.#journal.tracked || (cell.state & WAS_THERE) === 0) this.#forget(cell);
    return true;
  }

  /** Takes back a change, the last one first. */
  undo({ key, before, wasChanged }: SpaceChange): void {
    if (before === undefined) this.delete(key);
    else this.put(key, before);
    const cell = this.#cells.get(key);
    if (cell !== undefined && !wasChanged) this.#unchange(cell);
  }

  /** Takes in a record as the codec wrote it. Only while changes are not noted. */
  load(key: string, encoded: Uint8Array, bytes: number): StoredMark {
    const { packer, tracked } = this.#journal;
    assert(packer !== undefined && !tracked, 'what is loaded is packed, and no change');
    const cell = this.#cells.get(key) ?? this.#addCell(key);
    const isNew = !isThere(cell);
    this.#journal.bytes += bytes - (isNew ? -this.#keyBytes(key) : cell.bytes);
    if (cell.at !== NOWHERE) packer.forget(cell);
    cell.value = packer.keep(cell, encoded) ? undefined : packer.decode(encoded);
    cell.bytes = bytes;
    if (isNew) this.#came(cell);
    return cell;
  }

  /** Of a record that is there. */
  markOf(key: string): StoredMark | undefined {
    return this.#cells.get(key);
  }

  /** Adds what changed to `changes`, in the order of the first change. */
  takeChanged(changes: RecordChange[]): void {
    for (const cell of this.#changed) {
      if ((cell.state & CHANGED) !== 0) this.#take(cell, changes);
    }
    this.#changed = [];
  }

  /** What it holds now; to be closed by whoever asked for it. */
  view(): SpaceView {
    const view = new SpaceView(this.#order.copy(), this.#reader);
    this.#views.add(view);
    return view;
  }

  #take(cell: Cell, changes: RecordChange[]): void {
    const { value, bytes } = cell;
    cell.state &= ~(CHANGED | WAS_THERE);
    if (isThere(cell)) cell.state |= WAS_THERE;
    else this.#remove(cell);
    const encoded = value === undefined ? this.#reader.packedOf(cell) : undefined;
    changes.push({ key: `${this.name}/${cell.key}`, value, encoded, bytes, mark: cell });
  }

  #addCell(key: string): Cell {
    if (!isBinary(key)) throw new PlainnessError('a record key holds a character above one byte');
    const cell = newCell(key);
    this.#cells.set(key, cell);
    this.#last = cell;
    return cell;
  }

  #find(key: string): Cell | undefined {
    if (this.#last?.key !== key) this.#last = this.#cells.get(key);
    return this.#last;
  }

  #remove(cell: Cell): void {
    this.#cells.delete(cell.key);
    this.#last = undefined;
  }

  /** The value, ready for use. */
  #open(cell: Cell): unknown {
    if (cell.value === undefined) return cell.at === NOWHERE ? undefined : this.#journal.packer?.open(cell);
    cell.state |= TOUCHED;
    return cell.value;
  }

  #came(cell: Cell): void {
    this.#size++;
    if (!this.#journal.tracked) cell.state |= WAS_THERE;
    this.#order.changed(cell);
  }

  /** Nothing is stored under the key: it came and went, and nobody needs to hear of it. */
  #forget(cell: Cell): void {
    this.#remove(cell);
    this.#unchange(cell);
  }

  #unchange(cell: Cell): void {
    if ((cell.state & CHANGED) === 0) return;
    cell.state &= ~CHANGED;
    this.#journal.changes--;
  }

  #note(cell: Cell, before: unknown): void {
    const wasChanged = (cell.state & CHANGED) !== 0;
    this.#journal.undo?.push({ space: this, key: cell.key, before, wasChanged });
    if (this.#views.size > 0) for (const view of this.#views) view.changes(cell, before);
    if (!this.#journal.tracked || wasChanged) return;
    cell.state |= CHANGED;
    this.#changed.push(cell);
    this.#journal.changes++;
  }

  #keyBytes(key: string): number {
    return this.#prefixBytes + key.length;
  }
}
