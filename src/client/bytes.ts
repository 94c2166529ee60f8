import { StoreError } from '../base/errors.ts';

/** Text stands for its UTF-8 bytes. */
export type Bytes = string | Uint8Array;

/** Longest key, in bytes. */
const KEY_BYTES_MAX = 64 * 1_024;

/** A key, or a prefix of keys, as the store knows it: one character per byte. */
export function toBinary(bytes: Bytes): string {
  if (typeof bytes !== 'string')
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
  return isAscii(bytes) ? bytes : Buffer.from(bytes, 'utf8').toString('latin1');
}

/** {@link toBinary}, refusing what cannot be a key with KEY_INVALID before it is sent. */
export function toKey(bytes: Bytes): string {
  const key = toBinary(bytes);
  if (key.length === 0 || key.length > KEY_BYTES_MAX) {
    throw new StoreError('KEY_INVALID', `a key holds 1 to ${KEY_BYTES_MAX} bytes, not ${key.length}`);
  }
  return key;
}

/** The bytes of a binary string. */
export function fromBinary(binary: string): Uint8Array {
  return Buffer.from(binary, 'latin1');
}

/** The text of a binary string; bytes that are not UTF-8 become U+FFFD. */
export function binaryText(binary: string): string {
  return isAscii(binary) ? binary : Buffer.from(binary, 'latin1').toString('utf8');
}

export function toValue(bytes: Bytes): Uint8Array {
  return typeof bytes === 'string' ? Buffer.from(bytes, 'utf8') : bytes;
}

/** The text of bytes; those that are not UTF-8 become U+FFFD. */
export function bytesText(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8');
}

function isAscii(text: string): boolean {
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) > 0x7f) return false;
  return true;
}
