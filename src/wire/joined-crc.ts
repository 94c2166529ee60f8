import { crc32 } from '@node-rs/crc32';

/** Of CRC-32, as in zlib; bits are reversed: the highest one stands for x^0. */
const POLYNOMIAL = 0xedb88320;
const ONE = 0x8000_0000;
const BITS_PER_BYTE_LOG = 3;

/** x^(2^n) modulo the polynomial, for every n below 32. */
const POWERS: readonly number[] = powers();

/**
 * The CRC-32 of some bytes and `length` others behind them, from those of both: microseconds, however
 * many they are (zlib's `crc32_combine`).
 */
export function joinedCrc(first: number, second: number, length: number): number {
  let shift = ONE;
  let power = BITS_PER_BYTE_LOG;
  for (let left = length; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) shift = product(POWERS[power % POWERS.length] ?? 0, shift);
    power++;
  }
  return (product(shift, first) ^ second) >>> 0;
}

/** The CRC-32 of some bytes and `more` behind them, from that of the first ones. */
export function continuedCrc(first: number, more: Uint8Array): number {
  return crc32(more, first);
}

/** Of two polynomials, modulo that of CRC-32. */
function product(left: number, right: number): number {
  let sum = 0;
  let shifted = right;
  for (let bit = ONE; bit !== 0; bit >>>= 1) {
    if ((left & bit) !== 0) sum ^= shifted;
    shifted = (shifted & 1) === 0 ? shifted >>> 1 : (shifted >>> 1) ^ POLYNOMIAL;
  }
  return sum >>> 0;
}

function powers(): readonly number[] {
  const found: number[] = [ONE >>> 1];
  for (let last = ONE >>> 1; found.length < 32;) found.push((last = product(last, last)));
  return found;
}
