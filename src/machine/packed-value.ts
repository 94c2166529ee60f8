import type { Codec } from '../base/codec.ts';

/** A value as the codec writes it, where the value itself would stand: one piece of bytes in the place of many objects. */
export class PackedValue {
  readonly encoded: Uint8Array;
  readonly #codec: Codec;

  constructor(encoded: Uint8Array, codec: Codec) {
    this.encoded = encoded;
    this.#codec = codec;
  }

  open(): unknown {
    return this.#codec.decode(this.encoded);
  }
}

export function opened(value: unknown): unknown {
  return value instanceof PackedValue ? value.open() : value;
}

export function encodedAs(value: unknown, codec: Codec): Uint8Array {
  return value instanceof PackedValue ? value.encoded : codec.encode(value);
}
