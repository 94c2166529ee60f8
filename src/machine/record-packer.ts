import { allOf, type ByteRange } from '../base/byte-range.ts';
import type { Codec } from '../base/codec.ts';
import { Slab } from '../base/slab.ts';
import { PackedValue } from './packed-value.ts';
import { type Handle, NOWHERE, PIECE_BYTES_MAX, RecordArena } from './record-arena.ts';

export interface Packing {
  readonly codec: Codec;
  /** So many records of each machine are held as values besides, ready for use. */
  readonly openRecordsMax: number;
}

/** Values of records as bytes, in half of the memory and out of the garbage collector's way. */
export class RecordPacker {
  readonly codec: Codec;
  readonly openRecordsMax: number;
  readonly #arena: RecordArena = new RecordArena();
  readonly #copies: Slab = new Slab();

  constructor({ codec, openRecordsMax }: Packing) {
    this.codec = codec;
    this.openRecordsMax = openRecordsMax;
  }

  /** NOWHERE if it is too large. */
  pack(encoded: ByteRange): Handle {
    return encoded.to - encoded.from > PIECE_BYTES_MAX ? NOWHERE : this.#arena.store(encoded);
  }

  /** NOWHERE if it is too large. */
  packValue(value: unknown): Handle {
    return this.pack(allOf(this.codec.lend(value)));
  }

  value(at: Handle): unknown {
    return this.codec.decode(this.#arena.read(at));
  }

  /** Apart from the others, in memory of its own. */
  copied(at: Handle): PackedValue {
    return new PackedValue(this.encoded(at), this.codec);
  }

  /** Until it is released. */
  range(at: Handle): ByteRange {
    return this.#arena.range(at);
  }

  /** Until something is packed or released. */
  peek(at: Handle): Uint8Array {
    return this.#arena.read(at);
  }

  /** A copy. */
  encoded(at: Handle): Uint8Array {
    return this.#copies.copy(this.#arena.read(at));
  }

  release(at: Handle): void {
    this.#arena.release(at);
  }
}
