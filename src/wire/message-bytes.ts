/**
 * What every WebSocket message looks like, whoever sends it: the version byte, then a msgpack array
 * of rows; a row is an array that begins with the number of its kind. The version byte and the row
 * of a goodbye never change, so that two releases can at least tell each other why they part.
 */
import type { Codec } from '../base/codec.ts';
import { StoreError } from '../base/errors.ts';

export const PROTOCOL_VERSION = 1;

/** At most this many frames in one WebSocket message. */
export const FRAMES_PER_MESSAGE_MAX = 65_536;

/** One frame, ready to be encoded: the number of its kind, then its fields. */
export type Row = readonly unknown[];

/** The bytes of one WebSocket message. */
export function encodeRows(codec: Codec, rows: readonly Row[]): Uint8Array {
  const body = codec.encode(rows);
  const message = new Uint8Array(body.length + 1);
  message[0] = PROTOCOL_VERSION;
  message.set(body, 1);
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
  if (version !== PROTOCOL_VERSION) {
    throw new StoreError(
      'PROTOCOL_VERSION',
      `this end speaks protocol version ${PROTOCOL_VERSION}, the other one ${version}`,
    );
  }
  const rows = decodeBody(codec, message.subarray(1));
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

function decodeBody(codec: Codec, body: Uint8Array): unknown {
  try {
    return codec.decode(body);
  } catch (error) {
    throw violation('the message is not msgpack of plain values', error);
  }
}
