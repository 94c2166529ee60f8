const HIGH = 2 ** 32;

/** Writes a whole number below 2^53 as 8 bytes, little-endian. */
export function setUint64(view: DataView, at: number, value: number): void {
  view.setUint32(at, value >>> 0, true);
  view.setUint32(at + 4, Math.floor(value / HIGH), true);
}

/** Reads what `setUint64` wrote; NaN if it is not a safe integer. */
export function getUint64(view: DataView, at: number): number {
  const value = view.getUint32(at + 4, true) * HIGH + view.getUint32(at, true);
  return Number.isSafeInteger(value) ? value : Number.NaN;
}
