/** Nested deeper than anything Kvorum says, and far from what would exhaust a stack. */
export const MSGPACK_DEPTH_MAX = 64;

/**
 * Throws unless the bytes are exactly one plain msgpack value: null, undefined, booleans, numbers,
 * strings, bytes, arrays, and maps with string keys, nested at most `MSGPACK_DEPTH_MAX` deep.
 * Extension types, 64-bit integers and everything else that could revive a class, define a record
 * or lose precision is refused before a decoder sees it.
 */
export function checkMsgpack(bytes: Uint8Array): void {
  const end = walk(bytes, 0, 0);
  if (end !== bytes.length) throw new RangeError(`msgpack: ${bytes.length - end} bytes behind the value`);
}

/** Returns the offset behind the value that begins at `at`. */
function walk(bytes: Uint8Array, at: number, depth: number): number {
  const token = byteAt(bytes, at);
  if (token <= 0x7f || token >= 0xe0) return at + 1;
  if (token <= 0x8f) return walkItems(bytes, at + 1, token & 0x0f, true, depth);
  if (token <= 0x9f) return walkItems(bytes, at + 1, token & 0x0f, false, depth);
  if (token <= 0xbf) return within(bytes, at + 1 + (token & 0x1f));
  switch (token) {
    case 0xc0: // null
    case 0xc2: // false
    case 0xc3: // true
      return at + 1;
    case 0xc4: // bytes
    case 0xd9: // string
      return within(bytes, at + 2 + sizeAt(bytes, at + 1, 1));
    case 0xc5:
    case 0xda:
      return within(bytes, at + 3 + sizeAt(bytes, at + 1, 2));
    case 0xc6:
    case 0xdb:
      return within(bytes, at + 5 + sizeAt(bytes, at + 1, 4));
    case 0xcc: // 8-bit integers
    case 0xd0:
      return within(bytes, at + 2);
    case 0xcd: // 16-bit integers
    case 0xd1:
      return within(bytes, at + 3);
    case 0xca: // 32-bit float and integers
    case 0xce:
    case 0xd2:
      return within(bytes, at + 5);
    case 0xcb: // 64-bit float
      return within(bytes, at + 9);
    case 0xd4: // the extension that stands for undefined, and no other
      if (byteAt(bytes, at + 1) === 0 && byteAt(bytes, at + 2) === 0) return at + 3;
      break;
    case 0xdc: // arrays
      return walkItems(bytes, at + 3, sizeAt(bytes, at + 1, 2), false, depth);
    case 0xdd:
      return walkItems(bytes, at + 5, sizeAt(bytes, at + 1, 4), false, depth);
    case 0xde: // maps
      return walkItems(bytes, at + 3, sizeAt(bytes, at + 1, 2), true, depth);
    case 0xdf:
      return walkItems(bytes, at + 5, sizeAt(bytes, at + 1, 4), true, depth);
  }
  throw new RangeError(`msgpack: type 0x${token.toString(16)} at byte ${at} is not a plain value`);
}

function walkItems(bytes: Uint8Array, start: number, count: number, keyed: boolean, depth: number): number {
  if (depth >= MSGPACK_DEPTH_MAX) throw new RangeError(`msgpack: nested deeper than ${MSGPACK_DEPTH_MAX}`);
  let at = start;
  for (let item = 0; item < count; item++) {
    if (keyed) {
      if (!isString(byteAt(bytes, at)))
        throw new RangeError(`msgpack: the key at byte ${at} is not a string`);
      at = walk(bytes, at, depth);
    }
    at = walk(bytes, at, depth + 1);
  }
  return at;
}

function isString(token: number): boolean {
  return (token >= 0xa0 && token <= 0xbf) || (token >= 0xd9 && token <= 0xdb);
}

function byteAt(bytes: Uint8Array, at: number): number {
  const byte = bytes[at];
  if (byte === undefined) throw new RangeError('msgpack: the value is cut off');
  return byte;
}

function sizeAt(bytes: Uint8Array, at: number, width: 1 | 2 | 4): number {
  let size = 0;
  for (let byte = 0; byte < width; byte++) size = size * 256 + byteAt(bytes, at + byte);
  return size;
}

function within(bytes: Uint8Array, end: number): number {
  if (end > bytes.length) throw new RangeError('msgpack: the value is cut off');
  return end;
}
