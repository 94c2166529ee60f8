import type { RecordTable } from './record-table.ts';

/** So few are compared with each other. */
const FEW_ROWS = 8;
/** A whole number that a double holds tells four digits of a key and one of so many places… */
const PLACES = 2 ** 20;
/** …or three, and one of so many. */
const MANY_PLACES = 2 ** 28;

/** Rows whose keys begin with the same bytes, so many of them. */
interface Group {
  readonly from: number;
  readonly to: number;
  readonly depth: number;
}

/**
 * Sorts rows by their keys, which are all different. It looks at some bytes of each key at a time, as
 * one number, where comparing would look at each key for each power of two (radix sort, most significant
 * bytes first). Rows in order stay as they are, at the cost of one look.
 */
export function sortRows(rows: Int32Array, table: RecordTable): void {
  if (isSorted(rows, table)) return;
  const numbers = new Float64Array(rows.length);
  const groups: Group[] = [{ from: 0, to: rows.length, depth: commonDepth(rows, table) }];
  for (let group = groups.pop(); group !== undefined; group = groups.pop()) {
    const { from, to } = group;
    if (to - from <= FEW_ROWS) sortFew(rows, from, to, table);
    else sortGroup(rows, group, table, numbers, groups);
  }
}

/** By the next few bytes; adds the groups whose rows these do not tell apart. */
function sortGroup(
  rows: Int32Array,
  { from, to, depth }: Group,
  table: RecordTable,
  numbers: Float64Array,
  groups: Group[],
): void {
  const [digits, places] = to - from <= PLACES ? [4, PLACES] : [3, MANY_PLACES];
  const before = rows.slice(from, to);
  for (let at = 0; at < before.length; at++) {
    numbers[at] = table.digits(before[at] ?? 0, depth, digits) * places + at;
  }
  const sorted = numbers.subarray(0, before.length).sort();
  let start = 0;
  let last = -1;
  for (let at = 0; at < sorted.length; at++) {
    const number = sorted[at] ?? 0;
    const bytes = Math.floor(number / places);
    rows[from + at] = before[number - bytes * places] ?? 0;
    if (bytes === last) continue;
    if (at - start > 1) groups.push({ from: from + start, to: from + at, depth: depth + digits });
    start = at;
    last = bytes;
  }
  if (to - from - start > 1) groups.push({ from: from + start, to, depth: depth + digits });
}

function isSorted(rows: Int32Array, table: RecordTable): boolean {
  for (let at = 1; at < rows.length; at++) {
    if (table.compare(rows[at - 1] ?? 0, rows[at] ?? 0) > 0) return false;
  }
  return true;
}

/** With how many bytes all keys begin. */
function commonDepth(rows: Int32Array, table: RecordTable): number {
  const first = rows[0] ?? 0;
  let depth = Infinity;
  for (let at = 1; at < rows.length; at++) depth = Math.min(depth, table.common(first, rows[at] ?? 0));
  return depth;
}

/** By insertion. */
function sortFew(rows: Int32Array, from: number, to: number, table: RecordTable): void {
  for (let next = from + 1; next < to; next++) {
    const row = rows[next] ?? 0;
    let at = next;
    for (; at > from && table.compare(rows[at - 1] ?? 0, row) > 0; at--) rows[at] = rows[at - 1] ?? 0;
    rows[at] = row;
  }
}
