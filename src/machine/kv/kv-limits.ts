/** What a request may ask for. Checked before it enters the log, so these decide nothing there. */
export const KEY_BYTES_MAX: number = 64 * 1024;
/** Default; see `createKv`. */
export const VALUE_BYTES_MAX: number = 1.5 * 1024 * 1024;
/** Entries in one answer. */
export const RANGE_LIMIT_MAX = 10_000;
/** Bytes of keys and values in one answer, unless the first entry alone is larger. */
export const RANGE_BYTES_MAX: number = 2 * 1024 * 1024;
/** A count goes up to here. */
export const COUNT_LIMIT_MAX = 1_000_000;
