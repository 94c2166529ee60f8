/**
 * What every WebSocket message looks like, whoever sends it: the version byte, the CRC-32 of all
 * that follows it (4 bytes, big-endian), then a msgpack array of rows; a row is an array that begins
 * with the number of its kind. The version byte, the checksum and the row of a goodbye never change,
 * so that two releases can at least tell each other why they part.
 *
 * TCP's own checksum is 16 bits, and ends at the first proxy: what a faulty one between two nodes
 * makes of a message must not be taken for an entry or a vote.
 */
import { crc32 } from '@node-rs/crc32';
import { freshRoom, type Room } from '../base/buffer-pool.ts';
import type { Codec } from '../base/codec.ts';
import { StoreError } from '../base/errors.ts';
import { checksumAround, entryChecksum, largeBytesIn, partsOf, readEntryChecksum } from './checksums.ts';
import { continuedCrc, joinedCrc } from './joined-crc.ts';
import { LARGE_BYTES_MIN, readChecksum } from './known-checksums.ts';
import type { MsgpackCodec } from './msgpack-codec.ts';

/** Of this layout alone: what the frames mean has a version of its own, in the peers' hello. */
export const MESSAGE_FORMAT = 1;

/** Version byte and checksum. */
const MESSAGE_HEADER_BYTES = 5;
const CRC_AT = 1;
const CRC_BYTES = 4;

/** At most this many frames in one WebSocket message. */
export const FRAMES_PER_MESSAGE_MAX = 65_536;

/** One frame, ready to be encoded: the number of its kind, then its fields. */
export type Row = readonly unknown[];

type EntriesOf = (rows: readonly Row[]) => readonly Uint8Array[];

/** The bytes of one WebSocket message. */
export function encodeRows(
  codec: MsgpackCodec,
  rows: readonly Row[],
  room: Room = freshRoom,
): Uint8Array<ArrayBuffer> {
  const message = codec.encodeBehind(MESSAGE_HEADER_BYTES, rows, room);
  return seal(message, crc32(message.subarray(MESSAGE_HEADER_BYTES)));
}

/** The same. `entries` gives the large data of entries in the rows; those never change, and are copied once. */
export function encodeEntryRows(
  codec: MsgpackCodec,
  rows: readonly Row[],
  entries: EntriesOf,
  room: Room = freshRoom,
): Uint8Array<ArrayBuffer> {
  if (entries(rows).length === 0) return encodeRows(codec, rows, room);
  const { rest, parts } = codec.cut(rows, LARGE_BYTES_MIN);
  const length = parts.reduce((sum, { bytes }) => sum + bytes.length, MESSAGE_HEADER_BYTES + rest.length);
  const message = new Uint8Array(room(length), 0, length);
  let crc = 0;
  let from = 0;
  let to = MESSAGE_HEADER_BYTES;
  for (const { at, bytes } of parts) {
    const before = rest.subarray(from, at);
    message.set(before, to);
    message.set(bytes, to + before.length);
    crc = joinedCrc(continuedCrc(crc, before), entryChecksum(bytes), bytes.length);
    to += before.length + bytes.length;
    from = at;
  }
  message.set(rest.subarray(from), to);
  return seal(message, continuedCrc(crc, rest.subarray(from)));
}

/** The body with its header in front. */
export function sealMessage(body: Uint8Array): Uint8Array {
  const message = new Uint8Array(MESSAGE_HEADER_BYTES + body.length);
  message.set(body, MESSAGE_HEADER_BYTES);
  return seal(message, crc32(body));
}

/** Fills in the header. */
function seal(message: Uint8Array<ArrayBuffer>, crc: number): Uint8Array<ArrayBuffer> {
  message[0] = MESSAGE_FORMAT;
  // Byte by byte: a view made for each message would take longer than all the rest.
  for (let at = 0; at < CRC_BYTES; at++) message[CRC_AT + at] = crc >>> (24 - 8 * at);
  return message;
}

/**
 * The rows of one WebSocket message; their fields are not checked yet.
 *
 * @throws StoreError PROTOCOL_VERSION, PROTOCOL_VIOLATION
 */
export function decodeRows(codec: Codec, message: Uint8Array): readonly Row[] {
  const body = bodyOf(message);
  checkChecksum(message, crc32(body));
  return decodeBody(codec, body);
}

/** The same; notes the checksums of large bytes. */
export function decodeLargeRows(codec: Codec, message: Uint8Array): readonly Row[] {
  return decodeNoting(codec, message, (rows) => largeBytesIn(rows, []), readChecksum);
}

/** The same; notes the checksums of the large data of entries. */
export function decodeEntryRows(codec: Codec, message: Uint8Array, entries: EntriesOf): readonly Row[] {
  return decodeNoting(codec, message, entries, readEntryChecksum);
}

function decodeNoting(
  codec: Codec,
  message: Uint8Array,
  large: EntriesOf,
  checksum: (bytes: Uint8Array) => number,
): readonly Row[] {
  const body = bodyOf(message);
  if (body.length < LARGE_BYTES_MIN) return decodeRows(codec, message);
  const rows = decodeBody(codec, body);
  checkChecksum(message, checksumAround(body, partsOf(body, large(rows)), checksum));
  return rows;
}

function bodyOf(message: Uint8Array): Uint8Array {
  const version = message[0];
  if (version === undefined) throw violation('an empty message');
  if (version !== MESSAGE_FORMAT) {
    throw new StoreError(
      'PROTOCOL_VERSION',
      `this end speaks protocol version ${MESSAGE_FORMAT}, the other one ${version}`,
    );
  }
  if (message.length <= MESSAGE_HEADER_BYTES) throw violation('a message that is cut off');
  return message.subarray(MESSAGE_HEADER_BYTES);
}

function checkChecksum(message: Uint8Array, crc: number): void {
  let told = 0;
  for (let at = 0; at < CRC_BYTES; at++) told = told * 256 + (message[CRC_AT + at] ?? 0);
  if (told !== crc) {
    throw violation('the message was damaged on its way: its checksum does not match');
  }
}

function decodeBody(codec: Codec, body: Uint8Array): readonly Row[] {
  const rows = valueOf(codec, body);
  if (!Array.isArray(rows)) throw violation('a message is an array of frames');
  if (rows.length > FRAMES_PER_MESSAGE_MAX) throw violation(`${rows.length} frames in one message`);
  for (const row of rows) {
    if (!Array.isArray(row)) throw violation('a frame is an array');
  }
  return rows as readonly Row[];
}

/** The other end broke the protocol: its connection is of no more use. */
export function violation(message: string, cause?: unknown): StoreError {
  return new StoreError('PROTOCOL_VIOLATION', message, cause === undefined ? {} : { cause });
}

function valueOf(codec: Codec, body: Uint8Array): unknown {
  try {
    return codec.decode(body);
  } catch (error) {
    throw violation('the message is not msgpack of plain values', error);
  }
}
