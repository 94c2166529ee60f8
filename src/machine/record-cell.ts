import type { Handle } from './record-arena.ts';
import type { StoredMark } from './records.ts';

/** One record, or what is left of one until its deletion is taken. There is one for each key: it is kept small. */
export interface Cell extends StoredMark {
  readonly key: string;
  /** Undefined while it is packed, and once it is deleted. */
  value: unknown;
  /** Where it is packed; NOWHERE if it is not. */
  at: Handle;
  /** About what the value takes when stored; 0 once it is deleted. */
  bytes: number;
  /** Of the bits below. */
  state: number;
}

export const NOWHERE: Handle = -1;

/** It changed since changes were last taken. */
export const CHANGED = 1;
/** There was a record when changes were last taken. */
export const WAS_THERE = 2;
/** The tree holds it. */
export const IN_TREE = 4;
/** Whether the tree is to hold it has changed, and the tree does not know yet. */
export const BEHIND = 8;
/** It is one of those that are not packed. */
export const OPEN = 16;
/** Somebody asked for it since it was last looked at for packing. */
export const TOUCHED = 32;

export function newCell(key: string): Cell {
  return { key, value: undefined, at: NOWHERE, bytes: 0, state: 0, storedMark: 0 };
}

export function isThere({ value, at }: Cell): boolean {
  return value !== undefined || at !== NOWHERE;
}
