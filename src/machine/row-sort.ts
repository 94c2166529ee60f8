import type { RecordTable } from './record-table.ts';

/** What `RecordTable.digit` tells: the end of a key, or one of 256 bytes. */
const DIGITS = 257;
const END = 0;
/** So few are compared with each other. */
const FEW_ROWS = 32;

/** Rows whose keys begin with the same bytes, so many of them. */
interface Group {
  readonly from: number;
  readonly to: number;
  readonly depth: number;
}

/**
 * Sorts rows by their keys, which are all different. It looks at each key a few times, where comparing
 * would look at it for each power of two (radix sort, most significant byte first). Rows in order stay
 * as they are, at the cost of one look.
 */
export function sortRows(rows: Int32Array, table: RecordTable): void {
  if (isSorted(rows, table)) return;
  const counts = new Int32Array(DIGITS);
  const digits = new Uint16Array(rows.length);
  const before = new Int32Array(rows.length);
  const groups: Group[] = [{ from: 0, to: rows.length, depth: 0 }];
  for (let group = groups.pop(); group !== undefined; group = groups.pop()) {
    const { from, to, depth } = group;
    if (to - from <= FEW_ROWS) {
      sortFew(rows, from, to, table);
      continue;
    }
    counts.fill(0);
    for (let at = from; at < to; at++) {
      const digit = table.digit(rows[at] ?? 0, depth);
      digits[at] = digit;
      counts[digit] = (counts[digit] ?? 0) + 1;
    }
    if (counts[digits[from] ?? END] === to - from) {
      groups.push({ from, to, depth: commonDepth(rows, from, to, table) });
      continue;
    }
    addGroups(groups, counts, group);
    before.set(rows.subarray(from, to), from);
    for (let at = to - 1; at >= from; at--) {
      const digit = digits[at] ?? END;
      const place = (counts[digit] ?? 0) - 1;
      counts[digit] = place;
      rows[place] = before[at] ?? 0;
    }
  }
}

/** Adds the groups that a group falls into, each under its next digit; each count becomes the place where that group ends. */
function addGroups(groups: Group[], counts: Int32Array, { from, depth }: Group): void {
  let start = from;
  for (let digit = 0; digit < DIGITS; digit++) {
    const end = start + (counts[digit] ?? 0);
    counts[digit] = end;
    if (end - start > 1) groups.push({ from: start, to: end, depth: depth + 1 });
    start = end;
  }
}

function isSorted(rows: Int32Array, table: RecordTable): boolean {
  for (let at = 1; at < rows.length; at++) {
    if (table.compare(rows[at - 1] ?? 0, rows[at] ?? 0) > 0) return false;
  }
  return true;
}

/** With how many bytes all keys begin. */
function commonDepth(rows: Int32Array, from: number, to: number, table: RecordTable): number {
  const first = rows[from] ?? 0;
  let depth = Infinity;
  for (let at = from + 1; at < to; at++) depth = Math.min(depth, table.common(first, rows[at] ?? 0));
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
