/** What a table notes of each row, a bit each. */

/** It changed since changes were last taken. */
export const CHANGED = 1;
/** It waits for its place in the order. */
export const BEHIND = 2;
/** The order knows it. */
export const IN_ORDER = 4;
/** It is open though it is packed as well. */
export const OPEN = 8;
/** Somebody asked for it since it was last looked at. */
export const TOUCHED = 16;
/** It changed while there were views that may read it. */
export const VIEWED = 32;
