import type { Codec } from '../base/codec.ts';
import type { Random } from '../base/random.ts';
import { decodeChunk, encodeChunk } from '../replica/snapshot-chunk.ts';

/** A chunk with one bit of its records inverted; undefined if it bears none. */
export function withDamage(codec: Codec, bytes: Uint8Array, random: Random): Uint8Array | undefined {
  const chunk = decodeChunk(codec, bytes);
  if (chunk?.kind !== 'range' || chunk.data === undefined || chunk.data.length === 0) return undefined;
  const data = chunk.data.slice();
  const at = random.integer(0, data.length - 1);
  data[at] = (data[at] ?? 0) ^ (1 << random.integer(0, 7));
  return encodeChunk(codec, { ...chunk, data });
}
