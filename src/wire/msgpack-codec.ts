import { Packr, RESET_BUFFER_MODE } from 'msgpackr';
import { freshRoom, type Room } from '../base/buffer-pool.ts';
import type { Codec, CutBytes } from '../base/codec.ts';
import { knownChecksum, LARGE_BYTES_MIN, noteChecksum } from './known-checksums.ts';
import { checkMsgpack } from './msgpack-check.ts';
import { cutMarks, markLarge } from './msgpack-cut.ts';
import { decodeNumberRow, encodeNumberRow } from './number-rows.ts';
import { Slab } from '../base/slab.ts';

const ALONE_BYTES_MIN = 16 * 1024;
const ALONE_SHARE = 0.75;

export interface MsgpackCodecOptions {
  /**
   * What decoded bytes are: `copied` may be kept for ever, if the input is neither changed nor handed
   * to another thread; `views` share the memory of the input,
   * cost nothing, and keep all of it alive for as long as one of them lives.
   */
  readonly bytes: 'copied' | 'views';
}

/**
 * Plain values as msgpack, without records, shared structures or extension classes.
 *
 * A value comes back equal: fields that are undefined come back as such, bytes as plain
 * `Uint8Array`. The exceptions: -0 comes back as 0, and a lone surrogate in a string as U+FFFD.
 * What cannot be told as a plain value (a bigint, a Date), or is nested too deep, is refused with an
 * error by both `encode` and `decode`; `decode` throws for every input that is not one whole value.
 */
export class MsgpackCodec implements Codec {
  readonly #copies: boolean;
  readonly #packr: Packr = new Packr({ useRecords: false, mapsAsObjects: true, moreTypes: false });
  readonly #encoded: Slab = new Slab();
  /** Of these many are values of records, which live longer. */
  readonly #decoded: Slab = new Slab();

  constructor(options: MsgpackCodecOptions) {
    this.#copies = options.bytes === 'copied';
  }

  encode(value: unknown): Uint8Array {
    const bytes = this.#encoded.copy(this.lend(value));
    if (bytes.length >= LARGE_BYTES_MIN) this.#noteLarge(value, bytes);
    return bytes;
  }

  /** The same behind a header of that many bytes, which are not filled in. */
  encodeBehind(headerBytes: number, value: unknown, room: Room = freshRoom): Uint8Array<ArrayBuffer> {
    const body = this.lend(value);
    const length = headerBytes + body.length;
    const bytes = new Uint8Array(room(length), 0, length);
    bytes.set(body, headerBytes);
    return bytes;
  }

  /**
   * A part of the buffer in which all values are put together. It grows with the largest of them, and
   * is used again at once: if what is kept, such as an entry of the log, were a part of it, the
   * smallest one would keep all of such a buffer.
   */
  lend(value: unknown): Uint8Array {
    const row = encodeNumberRow(value);
    if (row !== undefined) return row;
    const bytes = this.#packr.encode(value, RESET_BUFFER_MODE);
    // What could not be decoded later must fail now, while its maker can still be told.
    checkMsgpack(bytes);
    return bytes;
  }

  decode(bytes: Uint8Array): unknown {
    if (!this.#copies) return this.view(bytes);
    return decodeNumberRow(bytes, this.#decoded) ?? this.#owned(this.view(bytes));
  }

  view(bytes: Uint8Array): unknown {
    checkMsgpack(bytes);
    return this.#packr.decode(plainView(bytes));
  }

  cut(value: unknown, bytesMin: number): CutBytes {
    const large: Uint8Array[] = [];
    const marked = markLarge(value, bytesMin, large);
    return cutMarks(this.encode(marked), large);
  }

  /** What is known of large bytes in the value is known of their copies. */
  #noteLarge(value: unknown, encoded: Uint8Array): void {
    const large: Uint8Array[] = [];
    const marked = markLarge(value, LARGE_BYTES_MIN, large);
    if (large.every((bytes) => knownChecksum(bytes) === undefined)) return;
    let before = 0;
    for (const { at, bytes } of cutMarks(this.encode(marked), large).parts) {
      const from = at + before;
      const crc = knownChecksum(bytes);
      if (crc !== undefined) noteChecksum(encoded.subarray(from, from + bytes.length), crc);
      before += bytes.length;
    }
  }

  /** Replaces every view in the value by a copy. */
  #owned(value: unknown): unknown {
    if (value instanceof Uint8Array) return isAlone(value) ? value : this.#decoded.copy(value);
    if (Array.isArray(value)) this.#ownItems(value);
    else if (typeof value === 'object' && value !== null) this.#ownFields(value as Record<string, unknown>);
    return value;
  }

  #ownItems(items: unknown[]): void {
    // By index: this runs for every frame, and an iterator makes an array of each item.
    for (let at = 0; at < items.length; at++) {
      const item = items[at];
      if (typeof item === 'object' && item !== null) items[at] = this.#owned(item);
    }
  }

  #ownFields(fields: Record<string, unknown>): void {
    for (const name in fields) {
      const field = fields[name];
      if (typeof field === 'object' && field !== null) fields[name] = this.#owned(field);
    }
  }
}

/** What is large and nearly all that its memory holds may be kept as it is: a copy would save little. */
function isAlone({ length, buffer }: Uint8Array): boolean {
  return length >= ALONE_BYTES_MIN && length >= ALONE_SHARE * buffer.byteLength;
}

/** The same memory as a plain Uint8Array: what is decoded from a Buffer would be Buffers. */
function plainView(bytes: Uint8Array): Uint8Array {
  if (!Buffer.isBuffer(bytes)) return bytes;
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** The codec of entries, records and whatever else is kept: decoded bytes are copies. */
export const msgpackCodec: MsgpackCodec = new MsgpackCodec({ bytes: 'copied' });

/** The codec of frames that are used at once: decoded bytes are views of the frame. */
export const msgpackViewCodec: MsgpackCodec = new MsgpackCodec({ bytes: 'views' });
