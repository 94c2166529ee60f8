/** Bytes that lie among others: what a view would tell, for those who would need a million views. */
export interface ByteRange {
  readonly bytes: Uint8Array;
  readonly from: number;
  /** Behind the last one. */
  readonly to: number;
}

export function allOf(bytes: Uint8Array): ByteRange {
  return { bytes, from: 0, to: bytes.length };
}

export function lengthOf({ from, to }: ByteRange): number {
  return to - from;
}

export function copyOf({ bytes, from, to }: ByteRange): Uint8Array {
  // Not `slice`: that of a Buffer copies nothing.
  return new Uint8Array(bytes.subarray(from, to));
}
