import { present } from '../base/assert.ts';
import type { Codec } from '../base/codec.ts';
import type { Packing } from '../machine/record-packer.ts';
import { RecordTree } from '../machine/record-tree.ts';
import { sizeOf } from '../machine/size-of.ts';
import { stampOf } from '../machine/stamp.ts';
import type { StagedChange } from './output.ts';
import {
  type DigestedRange,
  type EncodedRecord,
  equalRanges,
  isBeyond,
  type KeyRange,
  keyBehind,
} from './snapshot-chunk.ts';

/** Ranges told to the leader at once, and the bytes of their keys. */
const HELD_RANGES_MAX = 64;
const HELD_BYTES_MAX = 64 * 1024;
/** Behind every key. */
const END = '\u0100';

/**
 * A state that is put together from the ranges of a snapshot, and of later ones that go on where an
 * earlier one was broken off. In memory it is a tree that grows with every chunk, so that nothing
 * is left to do when the last one is here; the same changes go to the disk.
 */
export class StagedState {
  readonly tree: RecordTree;
  readonly #codec: Codec;
  /** Taken from the present stream, without a gap. */
  #taken: DigestedRange[] = [];
  /** What an earlier stream left behind them. */
  #held: readonly DigestedRange[] = [];
  #heldFrom = 0;
  /** So many records were put. */
  #changes = 0;

  constructor(packing: Packing) {
    this.tree = RecordTree.untracked(packing);
    this.#codec = packing.codec;
  }

  /** The next range begins behind this key. */
  get reached(): string {
    return this.#taken.length === 0 ? '' : (this.#taken.at(-1)?.upTo ?? END);
  }

  /** Another stream begins: what the last one brought may be of use to it. */
  rewind(): void {
    this.#held = [...this.#taken, ...this.#held.slice(this.#heldFrom)];
    this.#heldFrom = 0;
    this.#taken = [];
  }

  /** Whether the next range is here already, just as it should be. */
  holds(range: DigestedRange): boolean {
    const held = this.#held[this.#heldFrom];
    return held !== undefined && equalRanges(held, range);
  }

  /** The next range is as it was. */
  keep(range: DigestedRange): void {
    this.#advance(range);
  }

  /** The next range holds these records and no others; undefined, and nothing changed, if a value does not decode. */
  replace(range: DigestedRange, records: readonly EncodedRecord[]): readonly StagedChange[] | undefined {
    const sizes = this.#sizes(records);
    if (sizes === undefined) return undefined;
    const changes: StagedChange[] = [];
    const before = this.#keysIn(range);
    const after = new Set(before.length === 0 ? [] : records.map(([key]) => key));
    for (const key of before) {
      if (after.has(key)) continue;
      const stampBefore = this.tree.stampOf(key);
      this.tree.delete(key);
      changes.push({ key, encoded: undefined, bytes: 0, stamp: 0, stampBefore });
    }
    for (const [at, [key, encoded]] of records.entries()) {
      const bytes = present(sizes[at], 'each record has a size');
      const stampBefore = this.tree.stampOf(key);
      const stamp = stampOf(0, this.#changes++);
      this.tree.load(key, encoded, bytes, stamp);
      changes.push({ key, encoded, bytes, stamp, stampBefore });
    }
    this.#advance(range);
    return changes;
  }

  /** Some of the ranges that lie behind what was taken, and whether there are others. */
  get heldBehind(): { readonly held: readonly DigestedRange[]; readonly holdsMore: boolean } {
    const held: DigestedRange[] = [];
    let bytes = 0;
    let at = this.#heldFrom;
    for (; at < this.#held.length && held.length < HELD_RANGES_MAX && bytes < HELD_BYTES_MAX; at++) {
      const range = this.#held[at];
      if (range === undefined) break;
      held.push(range);
      bytes += range.after.length + (range.upTo?.length ?? 0);
    }
    return { held, holdsMore: at < this.#held.length };
  }

  #advance(range: DigestedRange): void {
    this.#taken.push(range);
    const { reached } = this;
    // What overlaps is no longer what it was.
    while (this.#heldFrom < this.#held.length && (this.#held[this.#heldFrom]?.after ?? '') < reached) {
      this.#heldFrom++;
    }
  }

  #keysIn(range: KeyRange): readonly string[] {
    const keys: string[] = [];
    for (const [key] of this.tree.range(keyBehind(range.after), undefined)) {
      if (isBeyond(key, range)) break;
      keys.push(key);
    }
    return keys;
  }

  /** Undefined if one does not decode to a plain value. */
  #sizes(records: readonly EncodedRecord[]): readonly number[] | undefined {
    try {
      return records.map(([, encoded]) => sizeOf(this.#codec.view(encoded)));
    } catch {
      return undefined;
    }
  }
}
