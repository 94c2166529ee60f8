const BYTES = 12;
const LOW_FACTOR = 0x01000193;
const HIGH_FACTOR = 0x2c1b3c6d;

/**
 * A fingerprint of records that does not ask for their order: how many there are, and two sums of
 * hashes. It tells what went wrong by accident; who chooses the records can deceive it.
 */
export class RecordSum {
  #count = 0;
  #low = 0;
  #high = 0;

  /** @param keyHash - of the record's key, and the space that it is in */
  add(keyHash: number, encoded: Uint8Array): void {
    let low = keyHash;
    let high = ~low;
    for (let at = 0; at < encoded.length; at++) {
      const byte = encoded[at] ?? 0;
      low = Math.imul(low ^ byte, LOW_FACTOR);
      high = Math.imul(high + byte, HIGH_FACTOR);
    }
    this.#count++;
    this.#low = (this.#low + (low ^ (low >>> 15))) | 0;
    this.#high = (this.#high + (high ^ (high >>> 16))) | 0;
  }

  get bytes(): Uint8Array {
    const bytes = new DataView(new ArrayBuffer(BYTES));
    for (const [at, part] of [this.#count, this.#low, this.#high].entries()) bytes.setInt32(4 * at, part);
    return new Uint8Array(bytes.buffer);
  }
}
