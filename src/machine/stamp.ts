/**
 * The stamp of the change that is taken as the `ordinal`-th at a place of the log (see `RecordChange`).
 * Stamps are added up, so they are mixed well: sums of different ones should differ too.
 */
export function stampOf(index: number, ordinal: number): number {
  let mixed = Math.imul(index >>> 0, 0x9e3779b1) ^ Math.floor(index / 2 ** 32);
  mixed = Math.imul(mixed ^ (mixed >>> 15) ^ ordinal, 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return ((mixed ^ (mixed >>> 16)) & 0x7fff_ffff) | 1;
}
