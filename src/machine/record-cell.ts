import type { Row } from './record-table.ts';

/** One record that is open, or what is left of one until its deletion is taken. */
export interface Cell {
  readonly key: string;
  /** Undefined once it is deleted. */
  value: unknown;
  /** About what the value takes when stored; 0 once it is deleted. */
  bytes: number;
  /** See `RecordChange`: of what is stored under the key. */
  stamp: number;
  /** Where it stands in the table. */
  readonly row: Row;
  /** Of the bits below. */
  state: number;
}

/** It changed since changes were last taken. */
export const CHANGED = 1;
/** It waits for its place in the order. */
export const BEHIND = 2;
/** The order knows it. */
export const IN_ORDER = 4;
/** It is one of those that could be packed. */
export const OPEN = 8;
/** Somebody asked for it since it was last looked at. */
export const TOUCHED = 16;
/** It changed while there were views that may read its row. */
export const VIEWED = 32;
