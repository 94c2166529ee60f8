import { KeyNumbers } from './key-numbers.ts';
import type { RecordTable, Row } from './record-table.ts';

/** Fewer are compared with each other. */
const MANY_ROWS = 512;
/** Of a number, so many bits are looked at together. */
const BITS = 11;
const VALUES: number = 2 ** BITS;

/** Rows whose keys begin with the same bytes, so many of them. */
interface Group {
  readonly from: number;
  readonly to: number;
  readonly depth: number;
}

interface Numbered {
  readonly rows: Int32Array;
  /** What the key of each row has at some places. */
  readonly numbers: Uint32Array;
}

/**
 * Sorts rows by their keys, which are all different. It makes a number of many bytes of each key, and
 * sorts the numbers, where comparing would look at each key for each power of two. Rows in order stay as
 * they are, at the cost of one look.
 */
export function sortRows(rows: Int32Array, table: RecordTable): void {
  if (isSorted(rows, table)) return;
  const compare = (left: Row, right: Row): number => table.compare(left, right);
  const keys = new KeyNumbers();
  const groups: Group[] = [{ from: 0, to: rows.length, depth: 0 }];
  for (let group = groups.pop(); group !== undefined; group = groups.pop()) {
    const some = rows.subarray(group.from, group.to);
    if (some.length < MANY_ROWS) some.sort(compare);
    else sortGroup(some, group, table, keys, groups);
  }
}

/** By what a number tells of each key. Adds the groups of rows that have the same one: there may be very many. */
function sortGroup(
  rows: Int32Array,
  { from, depth }: Group,
  table: RecordTable,
  keys: KeyNumbers,
  groups: Group[],
): void {
  keys.begin(depth);
  for (let at = 0; at < rows.length; at++) table.see(rows[at] ?? 0, keys);
  keys.rank();
  const numbers = new Uint32Array(rows.length);
  for (let at = 0; at < rows.length; at++) numbers[at] = table.numberOf(rows[at] ?? 0, keys);
  sortNumbers({ rows, numbers }, keys.limit);
  let start = 0;
  for (let at = 1; at <= numbers.length; at++) {
    if (at < numbers.length && numbers[at] === numbers[start]) continue;
    if (at - start > 1) groups.push({ from: from + start, to: from + at, depth: keys.end });
    start = at;
  }
}

/** By the lowest bits first: those that have them in common stay as they stood (radix sort). */
function sortNumbers({ rows, numbers }: Numbered, limit: number): void {
  let from: Numbered = { rows, numbers };
  let into: Numbered = { rows: new Int32Array(rows.length), numbers: new Uint32Array(rows.length) };
  const ends = new Int32Array(VALUES);
  for (let shift = 0; 2 ** shift < limit; shift += BITS) {
    countEnds(ends, from.numbers, shift);
    moveRows(from, into, ends, shift);
    [from, into] = [into, from];
  }
  if (from.rows === rows) return;
  rows.set(from.rows);
  numbers.set(from.numbers);
}

function moveRows(from: Numbered, into: Numbered, ends: Int32Array, shift: number): void {
  for (let at = from.rows.length - 1; at >= 0; at--) {
    const number = from.numbers[at] ?? 0;
    const value = (number >>> shift) & (VALUES - 1);
    const place = (ends[value] ?? 0) - 1;
    ends[value] = place;
    into.rows[place] = from.rows[at] ?? 0;
    into.numbers[place] = number;
  }
}

/** Where those end that have the same bits there, once they stand in order. */
function countEnds(ends: Int32Array, numbers: Uint32Array, shift: number): void {
  ends.fill(0);
  for (let at = 0; at < numbers.length; at++) {
    const value = ((numbers[at] ?? 0) >>> shift) & (VALUES - 1);
    ends[value] = (ends[value] ?? 0) + 1;
  }
  let end = 0;
  for (let value = 0; value < VALUES; value++) {
    end += ends[value] ?? 0;
    ends[value] = end;
  }
}

function isSorted(rows: Int32Array, table: RecordTable): boolean {
  for (let at = 1; at < rows.length; at++) {
    if (table.compare(rows[at - 1] ?? 0, rows[at] ?? 0) > 0) return false;
  }
  return true;
}
