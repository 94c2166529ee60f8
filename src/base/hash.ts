const BASIS = 0x811c9dc5;
const PRIME = 0x01000193;

/**
 * A number of 32 bits for a text: FNV-1a over its characters, and a mix, so that the low bits alone are
 * good too.
 *
 * @param begun - of what stands before it, if that was hashed by `hashBegun`
 */
export function hashOf(text: string, begun: number = BASIS): number {
  return mixedHash(hashBegun(text, begun));
}

/** The same of a text that is given as bytes, one for each character. */
export function hashOfBytes(bytes: Uint8Array, from: number, to: number, begun: number = BASIS): number {
  let hash = begun;
  for (let at = from; at < to; at++) hash = Math.imul(hash ^ (bytes[at] ?? 0), PRIME);
  return mixedHash(hash);
}

function mixedHash(hash: number): number {
  const mixed = hash ^ (hash >>> 15);
  return Math.imul(mixed, 0x2c1b3c6d) ^ (mixed >>> 13);
}

/** Of a text that goes on. */
export function hashBegun(text: string, begun: number = BASIS): number {
  let hash = begun;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), PRIME);
  return hash;
}
