import { isUtf8 } from 'node:buffer';

/** Bytes in JSON: their text if they are UTF-8, `{ base64 }` otherwise. */
export type JsonBytes = string | { readonly base64: string };

export function toJsonBytes(bytes: Uint8Array): JsonBytes {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  return isUtf8(bytes) ? buffer.toString('utf8') : { base64: buffer.toString('base64') };
}

/** Bytes on one line: text as it is, quoted where it would break the line, and base64 where it is no text. */
export function toLine(bytes: Uint8Array): string {
  const json = toJsonBytes(bytes);
  if (typeof json !== 'string') return `base64:${json.base64}`;
  return /\p{Cc}/u.test(json) ? JSON.stringify(json) : json;
}

/** A key in a line of words: quoted if it has a space. */
export function toWord(bytes: Uint8Array): string {
  const line = toLine(bytes);
  return line === '' || line.includes(' ') ? JSON.stringify(line) : line;
}

/** One line of at most this many characters, for a cell of a table. */
export function shorten(line: string, length = 60): string {
  const characters = Array.from(line);
  return characters.length <= length ? line : `${characters.slice(0, length - 1).join('')}…`;
}
