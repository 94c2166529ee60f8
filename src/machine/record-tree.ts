import { assert } from '../base/assert.ts';
import type { Codec } from '../base/codec.ts';
import type { Index } from '../base/flavor.ts';
import { allOf } from '../base/byte-range.ts';
import { binaryBytes, byteOrder } from './binary-string.ts';
import { Kept } from './kept.ts';
import { PlainnessError } from './plainness-error.ts';
import { NOWHERE } from './record-arena.ts';
import { type Packing, RecordPacker } from './record-packer.ts';
import type { Journal } from './record-journal.ts';
import { RecordSpace } from './record-space.ts';
import { RecordSum } from './record-sum.ts';
import { RecordSweep } from './record-sweep.ts';
import type { HeldChanges, RangeOptions, ReadRecords, RecordEntry, Records } from './records.ts';
import { Rounds } from './rounds.ts';
import type { SpaceView } from './space-view.ts';
import { TakenChanges } from './taken-changes.ts';

/** Records of many machines, each in a space of its own: the record `key` of the space `name` is `name/key`. */
export interface ReadSpaces {
  /** Of that name; empty if there was none. */
  space(name: string): ReadRecords;
}

/** A state as it was at one moment; it costs nothing to make, and stays as it is until it is closed. */
export class RecordView implements ReadRecords, ReadSpaces {
  readonly #spaces: ReadonlyMap<string, SpaceView>;
  /** See `RecordTree.bytes`. */
  readonly bytes: number;

  /** Use `RecordTree.view()`. */
  constructor(spaces: ReadonlyMap<string, SpaceView>, bytes: number) {
    this.#spaces = spaces;
    this.bytes = bytes;
  }

  get size(): number {
    return sizeOfAll(this.#spaces);
  }

  get<T>(key: string): T | undefined {
    const [name, rest] = split(key);
    return this.#spaces.get(name)?.get(rest);
  }

  range<T>(from: string, to: string | undefined, options: RangeOptions = {}): Iterable<RecordEntry<T>> {
    return rangeOverSpaces(this.#spaces, from, to, options);
  }

  /** From there on, each value as the codec writes it. */
  *encoded(from: string, codec: Codec): Generator<RecordEntry<Uint8Array>, void, undefined> {
    for (const { name, first } of spacesWithin(this.#spaces, from)) {
      const records = this.#spaces.get(name)?.encoded(first, codec) ?? [];
      for (const [key, encoded] of records) yield [`${name}/${key}`, encoded];
    }
  }

  space(name: string): ReadRecords {
    return this.#spaces.get(name) ?? NOTHING;
  }

  /** It is not needed any more, and must not be read. While it is open, what changes is kept for it. */
  close(): void {
    for (const space of this.#spaces.values()) space.close();
  }
}

/**
 * All records of a node, in memory, ordered by key. It knows what changed since it was last asked,
 * can undo one command, and gives constant views of itself at no cost (copy on write).
 */
export class RecordTree implements Records, ReadSpaces {
  readonly #spaces = new Map<string, RecordSpace>();
  readonly #journal: Journal;
  readonly #rounds: Rounds;
  #bytesAtSavepoint = 0;

  /**
   * @param records what there is to begin with, best in order; it does not count as changed
   * @param packing without it, all records are held as values
   */
  constructor(records: Iterable<RecordEntry<unknown>> = [], packing?: Packing) {
    const packer = packing === undefined ? undefined : new RecordPacker(packing);
    this.#journal = {
      bytes: 0,
      tracked: false,
      changes: 0,
      changedBytes: 0,
      round: 0,
      expected: 0,
      undo: undefined,
      packer,
      kept: new Kept((at) => packer?.release(at)),
    };
    this.#rounds = new Rounds(this.#journal);
    for (const [key, value] of records) this.put(key, value);
    this.#journal.tracked = true;
  }

  /** One that is put together bit by bit, and notes no change before `track`. */
  static untracked(packing: Packing): RecordTree {
    const tree = new RecordTree([], packing);
    tree.#journal.tracked = false;
    return tree;
  }

  /**
   * Takes in a record as the codec wrote it; `bytes` is what it takes when stored. Only before `track`.
   *
   * @throws PlainnessError if the key is no binary string
   */
  load(key: string, encoded: Uint8Array, bytes: number, stamp: number): void {
    const [name, rest] = split(key);
    const keyBytes = binaryBytes(rest);
    if (keyBytes === undefined) throw new PlainnessError('a record key holds a character above one byte');
    this.space(name).load(allOf(keyBytes), allOf(encoded), bytes, stamp);
  }

  /** See `RecordChange`: of what is stored under the key. */
  stampOf(key: string): number {
    const [name, rest] = split(key);
    return this.#spaces.get(name)?.stampOf(rest) ?? 0;
  }

  /** About so many records will be loaded: there is room for them at once. */
  expect(records: number): void {
    this.#journal.expected = records;
  }

  /** Whether what is loaded from here on was stored in the present round; see `Rounds`. It was, unless told otherwise. */
  loads(isOfThisRound: boolean): void {
    this.#rounds.loads(isOfThisRound);
  }

  /** All was loaded. */
  endLoading(): void {
    this.#journal.expected = 0;
    for (const space of this.#spaces.values()) space.endLoading();
  }

  /** From here on changes are noted. */
  track(): void {
    this.endLoading();
    this.#journal.tracked = true;
  }

  /** Keys that changed since `takeChanges`. */
  get changes(): number {
    return this.#journal.changes;
  }

  /** About the bytes that were put since `takeChanges`. */
  get changedBytes(): number {
    return this.#journal.changedBytes;
  }

  get size(): number {
    return sizeOfAll(this.#spaces);
  }

  /** About what the records take when stored; equal on nodes that hold equal records. */
  get bytes(): number {
    for (const space of this.#spaces.values()) space.settle();
    return this.#journal.bytes;
  }

  /** The same without what is put off: for those who ask often. */
  get settledBytes(): number {
    return this.#journal.bytes;
  }

  get<T>(key: string): T | undefined {
    const [name, rest] = split(key);
    return this.#spaces.get(name)?.get(rest);
  }

  range<T>(from: string, to: string | undefined, options: RangeOptions = {}): Iterable<RecordEntry<T>> {
    return rangeOverSpaces(this.#spaces, from, to, options);
  }

  /** @throws PlainnessError if the key is no binary string or the value is not plain */
  put(key: string, value: unknown): void {
    const [name, rest] = split(key);
    this.space(name).put(rest, value);
  }

  delete(key: string): boolean {
    const [name, rest] = split(key);
    return this.#spaces.get(name)?.delete(rest) ?? false;
  }

  /** The records of one machine. */
  space(name: string): RecordSpace {
    const known = this.#spaces.get(name);
    if (known !== undefined) return known;
    const space = new RecordSpace(name, this.#journal);
    this.#spaces.set(name, space);
    return space;
  }

  /** From here on changes can be undone. One at a time. */
  savepoint(): void {
    assert(this.#journal.undo === undefined, 'one savepoint at a time');
    this.#journal.undo = [];
    this.#bytesAtSavepoint = this.#journal.bytes;
  }

  /** Undoes every change since the savepoint, and ends it. */
  rollback(): void {
    const undo = this.#journal.undo;
    assert(undo !== undefined, 'there is a savepoint to go back to');
    this.#journal.undo = undefined;
    for (const change of undo.reverse()) change.space.undo(change);
    assert(this.#journal.bytes === this.#bytesAtSavepoint, 'undoing leaves the size as it was');
  }

  /** Keeps the changes since the savepoint, and ends it. */
  release(): void {
    const { undo, kept } = this.#journal;
    assert(undo !== undefined, 'there is a savepoint to release');
    this.#journal.undo = undefined;
    for (const { before } of undo) if (before.place !== NOWHERE) kept.release(before.place);
  }

  /** What changed since it was last called. `index` is where the log is now: never twice the same where changes are stored. */
  takeChanges(index: Index = 0): HeldChanges {
    return this.#take(index, false);
  }

  /** The same, and with them some records that did not change; see `Rounds`. */
  takeForStorage(index: Index): HeldChanges {
    const changes = this.#take(index, this.#rounds.begin());
    this.#rounds.renew([...this.#spaces.values()], changes, changes.bytes * RENEWED_SHARE);
    return changes;
  }

  /** The state as it is now; it stays so while this one changes, until it is closed. */
  view(): RecordView {
    const views = new Map(Array.from(this.#spaces, ([name, space]) => [name, space.view()] as const));
    return new RecordView(views, this.bytes);
  }

  #take(index: Index, beginsRound: boolean): TakenChanges {
    const { undo, packer, kept } = this.#journal;
    assert(undo === undefined, 'changes are taken between commands');
    const changes = new TakenChanges(packer, beginsRound, kept.begin());
    for (const space of this.#spaces.values()) space.takeChanged(changes, index);
    this.#journal.changes = 0;
    this.#journal.changedBytes = 0;
    return changes;
  }

  /** Begins to sum up the state as it is now, a few records at a time, while it goes on to change. The last sweep is over. */
  sweep(codec: Codec): RecordSweep {
    assert(this.#journal.undo === undefined, 'a sweep begins between commands');
    const sum = new RecordSum();
    return new RecordSweep(
      Array.from(this.#spaces.values(), (space) => space.sweep(codec, sum)),
      sum,
    );
  }
}

/** For so many bytes that changed, some that did not are stored again: more of them cost more writing, fewer more room. */
const RENEWED_SHARE = 0.5;

const NOTHING: ReadRecords = { get: () => undefined, range: () => [] };

type Spaces = ReadonlyMap<string, ReadRecords & { readonly size: number }>;

function split(key: string): readonly [name: string, rest: string] {
  const at = key.indexOf('/');
  assert(at >= 0, 'every record is in the space of a machine');
  return [key.slice(0, at), key.slice(at + 1)];
}

function sizeOfAll(spaces: Spaces): number {
  let size = 0;
  for (const space of spaces.values()) size += space.size;
  return size;
}

/** All keys of a space begin with its name and a slash: so spaces stand in order, one behind the other. */
function* rangeOverSpaces<T>(
  spaces: Spaces,
  from: string,
  to: string | undefined,
  { limit = Infinity, reverse = false }: RangeOptions,
): Generator<RecordEntry<T>, void, undefined> {
  const within = [...spacesWithin(spaces, from)];
  let left = limit;
  for (const { name, first } of reverse ? within.reverse() : within) {
    const prefix = `${name}/`;
    const end = to === undefined ? 'behind' : boundWithin(prefix, to);
    const space = spaces.get(name);
    if (space === undefined || end === 'before') continue;
    const last = end === 'behind' ? undefined : end.within;
    for (const [key, value] of space.range<T>(first, last, { limit: left, reverse })) {
      yield [prefix + key, value];
      left--;
    }
    if (left <= 0) return;
  }
}

/** The spaces that reach behind a bound, in order, and where each is to be read from. */
function* spacesWithin(
  spaces: ReadonlyMap<string, unknown>,
  from: string,
): Generator<{ readonly name: string; readonly first: string }> {
  const prefixes = Array.from(spaces.keys(), (name) => `${name}/`).sort(byteOrder);
  for (const prefix of prefixes) {
    const start = boundWithin(prefix, from);
    if (start === 'behind') continue;
    yield { name: prefix.slice(0, -1), first: start === 'before' ? '' : start.within };
  }
}

/** Where a bound stands, seen from the keys that begin with the prefix. */
function boundWithin(prefix: string, bound: string): 'before' | 'behind' | { readonly within: string } {
  if (bound.startsWith(prefix)) return { within: bound.slice(prefix.length) };
  return bound < prefix ? 'before' : 'behind';
}
