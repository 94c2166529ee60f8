/** Smaller buffers are cheap to make, and are not kept. */
export const POOLED_BYTES_MIN: number = 64 * 1024;

/** Where what is encoded goes: memory of its own, of at least that many bytes, and not blank. */
export type Room = (bytes: number) => ArrayBuffer;

/** Memory made for it alone. */
export const freshRoom: Room = (bytes) => new ArrayBuffer(bytes);

/**
 * Large buffers that are used again: the system takes ten times as long to find a fresh megabyte as it
 * takes to copy one. What is not given back is merely lost to the pool.
 */
export class BufferPool {
  readonly #bytesMax: number;
  readonly #free: ArrayBuffer[] = [];
  #freeBytes = 0;

  /** @param bytesMax - of what lies here unused */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  readonly take: Room = (bytes) => {
    if (bytes < POOLED_BYTES_MIN) return freshRoom(bytes);
    const at = this.#free.findIndex(({ byteLength }) => byteLength >= bytes);
    const [found] = at < 0 ? [] : this.#free.splice(at, 1);
    this.#freeBytes -= found?.byteLength ?? 0;
    return found ?? freshRoom(rounded(bytes));
  };

  /** Nobody uses it any more. Where there are too many the eldest goes. */
  give(buffer: ArrayBuffer): void {
    if (buffer.byteLength < POOLED_BYTES_MIN) return;
    this.#free.push(buffer);
    this.#freeBytes += buffer.byteLength;
    while (this.#freeBytes > this.#bytesMax) this.#freeBytes -= this.#free.shift()?.byteLength ?? 0;
  }
}

/** Up, by an eighth at most: so that a buffer fits what is about as long. */
function rounded(bytes: number): number {
  const step = powerOfTwo(bytes) / 16;
  return Math.ceil(bytes / step) * step;
}

/** The next one that is not less. */
export function powerOfTwo(bytes: number): number {
  return 2 ** Math.ceil(Math.log2(bytes));
}
