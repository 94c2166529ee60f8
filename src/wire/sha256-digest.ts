import { createHash } from 'node:crypto';
import type { Digest } from '../base/digest.ts';

const DIGEST_BYTES = 16;

/** SHA-256 (FIPS 180-4), cut to its first half. */
export const sha256Digest: Digest = (...parts) => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.digest().subarray(0, DIGEST_BYTES));
};
