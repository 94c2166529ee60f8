import { present } from '../../base/assert.ts';
import type { Codec } from '../../base/codec.ts';
import type { Position } from '../../raft/entry.ts';

/**
 * What is stored with every batch: the place of the log that the records reflect, how many there are,
 * and the sum of their stamps, modulo 2^32. LevelDB can lose records, or bring back older ones,
 * without an error; this tells.
 */
export interface StateMark {
  readonly applied: Position;
  readonly count: number;
  readonly sum: number;
  /** The first block of the present round; see `Rounds`. */
  readonly firstBlock: number;
}

/** A record that takes the place of another, by their stamps; 0 stands for none. */
export interface StampChange {
  readonly stamp: number;
  readonly stampBefore: number;
}

const FIRST_BLOCK = 1;

export const EMPTY_MARK: StateMark = {
  applied: { index: 0, term: 0 },
  count: 0,
  sum: 0,
  firstBlock: FIRST_BLOCK,
};

/** The mark after some more changes. */
export function advanced(mark: StateMark, changes: Iterable<StampChange>, applied: Position): StateMark {
  const { firstBlock } = mark;
  let { count, sum } = mark;
  for (const { stamp, stampBefore } of changes) {
    count += (stamp === 0 ? 0 : 1) - (stampBefore === 0 ? 0 : 1);
    sum = (sum + stamp - stampBefore) >>> 0;
  }
  return { applied, count, sum, firstBlock };
}

export function encodeMark(codec: Codec, { applied, count, sum, firstBlock }: StateMark): Uint8Array {
  return codec.encode([FORMAT, applied.index, applied.term, count, sum, firstBlock]);
}

/** @throws Error if it is of another release */
export function decodeMark(codec: Codec, bytes: Uint8Array): StateMark {
  const fields = codec.decode(bytes) as number[];
  // The release before had no blocks, but a row for each record; those are read as well.
  if (fields[0] === FORMAT_OF_ROWS) fields.push(FIRST_BLOCK);
  else if (fields[0] !== FORMAT) throw new Error(`format ${fields[0]} is of another release`);
  const field = (at: number): number => present(fields[at], 'a sound mark has all its fields');
  return {
    applied: { index: field(1), term: field(2) },
    count: field(3),
    sum: field(4),
    firstBlock: field(5),
  };
}

const FORMAT = 4;
const FORMAT_OF_ROWS = 3;
