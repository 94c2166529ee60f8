/**
 * Plain values to bytes and back. The inside asks for one and never knows which: production and
 * simulation hand in the msgpack one of `src/wire`.
 */
export interface Codec {
  /** The bytes of a plain value: null, booleans, numbers, strings, bytes, arrays and objects of them. */
  encode(value: unknown): Uint8Array;
  /** The same until the next call: memory of its own would be for nothing. */
  lend(value: unknown): Uint8Array;
  /** The value again. Throws if the bytes are not one whole value. */
  decode(bytes: Uint8Array): unknown;
  /** The same for what is not kept: bytes in the value may share the memory of the input, and keep all of it. */
  view(bytes: Uint8Array): unknown;
  /** The bytes of a plain value, but for those bytes in it that are at least so long, 64 KiB or more: these are told apart, as they are. */
  cut(value: unknown, bytesMin: number): CutBytes;
}

/** Bytes with gaps, in order, and what belongs there. */
export interface CutBytes {
  readonly rest: Uint8Array;
  readonly parts: readonly CutPart[];
}

export interface CutPart {
  /** How many bytes of the rest come before it. */
  readonly at: number;
  readonly bytes: Uint8Array;
}
