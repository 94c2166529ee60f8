/**
 * A fingerprint of bytes: nobody finds other bytes with the same one. The inside asks for one and
 * never knows which; production and simulation hand in that of `src/wire`.
 *
 * @returns 16 bytes over the parts, one behind the other
 */
export type Digest = (...parts: readonly Uint8Array[]) => Uint8Array;
