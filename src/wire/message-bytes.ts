/**
 * What every WebSocket message looks like, whoever sends it: the version byte, the CRC-32 of all
 * that follows it (4 bytes, big-endian), then a msgpack array of rows; a row is an array that begins
 * with the number of its kind. The version byte, the checksum and the row of a goodbye never change,
 * so that two releases can at least tell each other why they part.
 *
 * TCP's own checksum is 16 bits, and ends at the first proxy: what a faulty one between two nodes
 * makes of a message must not be taken for an entry or a vote.
 */
import { crc32 } from 'node:zlib';
import { freshRoom, type Room } from '../base/buffer-pool.ts';
import type { Codec } from '../base/codec.ts';
import { StoreError } from '../base/errors.ts';
import type { MsgpackCodec } from './msgpack-codec.ts';

/** Of this layout alone: what the frames mean has a version of its own, in the peers' hello. */
export const MESSAGE_FORMAT = 1;

/** Version byte and checksum. */
const MESSAGE_HEADER_BYTES = 5;
const CRC_AT = 1;

/** At most this many frames in one WebSocket message. */
export const FRAMES_PER_MESSAGE_MAX = 65_536;

/** One frame, ready to be encoded: the number of its kind, then its fields. */
export type Row = readonly unknown[];

/** The bytes of one WebSocket message. */
export function encodeRows(
  codec: MsgpackCodec,
  rows: readonly Row[],
  room: Room = freshRoom,
): Uint8Array<ArrayBuffer> {
  return seal(codec.encodeBehind(MESSAGE_HEADER_BYTES, rows, room));
}

/** The body with its header in front. */
export function sealMessage(body: Uint8Array): Uint8Array {
  const message = new Uint8Array(MESSAGE_HEADER_BYTES + body.length);
  message.set(body, MESSAGE_HEADER_BYTES);
  return seal(message);
}

/** Fills in the header. */
function seal(message: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  message[0] = MESSAGE_FORMAT;
  viewOf(message).setUint32(CRC_AT, crc32(message.subarray(MESSAGE_HEADER_BYTES)));
  return message;
}

/**
 * The rows of one WebSocket message; their fields are not checked yet.
 *
 * @throws StoreError PROTOCOL_VERSION, PROTOCOL_VIOLATION
 */
export function decodeRows(codec: Codec, message: Uint8Array): readonly Row[] {
  const version = message[0];
  if (version === undefined) throw violation('an empty message');
  if (version !== MESSAGE_FORMAT) {
    throw new StoreError(
      'PROTOCOL_VERSION',
      `this end speaks protocol version ${MESSAGE_FORMAT}, the other one ${version}`,
    );
  }
  if (message.length <= MESSAGE_HEADER_BYTES) throw violation('a message that is cut off');
  const body = message.subarray(MESSAGE_HEADER_BYTES);
  if (viewOf(message).getUint32(CRC_AT) !== crc32(body)) {
    throw violation('the message was damaged on its way: its checksum does not match');
  }
  const rows = decodeBody(codec, body);
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

function viewOf(message: Uint8Array): DataView {
  return new DataView(message.buffer, message.byteOffset, message.byteLength);
}

function decodeBody(codec: Codec, body: Uint8Array): unknown {
  try {
    return codec.decode(body);
  } catch (error) {
    throw violation('the message is not msgpack of plain values', error);
  }
}
