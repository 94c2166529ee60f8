import type { Socket } from 'node:net';
import type { Random } from '../../src/base/random.ts';
import type { LinkFault, LinkFaultCounts } from './link-fault.ts';

/** More than this waits in the sender's socket, as it would if the network were slow. */
const HELD_BYTES_MAX = 256 * 1024;

interface Held {
  /** Undefined: the sender has closed. */
  readonly bytes: Buffer | undefined;
  readonly dueMs: number;
  stalled: boolean;
}

export interface FaultyPipeOptions {
  readonly from: Socket;
  readonly to: Socket;
  /** As it is now; asked again for each chunk. */
  readonly fault: () => LinkFault;
  readonly counts: LinkFaultCounts;
  readonly random: Random;
}

/** One direction of a connection: what is read from one socket is written to the other, with the faults of its link. */
export class FaultyPipe {
  readonly #options: FaultyPipeOptions;
  readonly #held: Held[] = [];
  #heldBytes = 0;
  #freeMs = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: FaultyPipeOptions) {
    this.#options = options;
    const { from, to } = options;
    from.on('data', (chunk) => this.#take(chunk));
    from.on('close', () => this.#hold(undefined));
    to.on('drain', () => this.pump());
    to.on('close', () => {
      clearTimeout(this.#timer);
      this.#held.length = 0;
    });
  }

  /** Takes over what was read before there was a pipe. */
  begin(bytes: Buffer): void {
    this.#take(bytes);
  }

  /** Moves on what may move by now; also to be called when the fault has changed. */
  pump(): void {
    clearTimeout(this.#timer);
    const { from, to, fault, counts } = this.#options;
    for (let next = this.#held[0]; next !== undefined; next = this.#held[0]) {
      if (fault().stalled === true) {
        if (!next.stalled) counts.stalls++;
        next.stalled = true;
        return;
      }
      const waitMs = Math.max(next.dueMs, this.#freeMs) - performance.now();
      if (waitMs > 0) {
        this.#timer = setTimeout(() => this.pump(), waitMs);
        return;
      }
      if (to.writableNeedDrain) return;
      this.#held.shift();
      if (next.bytes === undefined) return void to.destroy();
      this.#heldBytes -= next.bytes.length;
      this.#write(next.bytes);
    }
    if (from.isPaused()) from.resume();
  }

  #take(chunk: Buffer): void {
    const { from, fault, counts, random } = this.#options;
    const { delayMs = 0, jitterMs = 0, resetChance = 0 } = fault();
    if (random.chance(resetChance)) {
      counts.resets++;
      from.resetAndDestroy();
      return;
    }
    const lateMs = delayMs + (jitterMs > 0 ? random.integer(0, Math.round(jitterMs)) : 0);
    if (lateMs > 0) counts.delays++;
    this.#hold(damaged(chunk, fault(), counts, random), lateMs);
  }

  #hold(bytes: Buffer | undefined, lateMs = 0): void {
    const last = this.#held.at(-1)?.dueMs ?? 0;
    this.#held.push({ bytes, dueMs: Math.max(last, performance.now() + lateMs), stalled: false });
    this.#heldBytes += bytes?.length ?? 0;
    if (this.#heldBytes > HELD_BYTES_MAX) this.#options.from.pause();
    this.pump();
  }

  #write(bytes: Buffer): void {
    const { to, fault, counts } = this.#options;
    const { bytesPerSecond } = fault();
    if (bytesPerSecond !== undefined) {
      counts.throttles++;
      this.#freeMs = performance.now() + (bytes.length / bytesPerSecond) * 1000;
    }
    if (!to.destroyed) to.write(bytes);
  }
}

function damaged(chunk: Buffer, fault: LinkFault, counts: LinkFaultCounts, random: Random): Buffer {
  const { flipChance = 0, truncateChance = 0, dropChance = 0 } = fault;
  if (random.chance(flipChance)) {
    counts.flips++;
    const flipped = Buffer.from(chunk);
    const at = random.integer(0, flipped.length - 1);
    flipped[at] = (flipped[at] ?? 0) ^ (1 << random.integer(0, 7));
    return flipped;
  }
  if (random.chance(truncateChance)) {
    counts.truncations++;
    return chunk.subarray(0, random.integer(0, chunk.length - 1));
  }
  if (random.chance(dropChance)) {
    counts.drops++;
    return chunk.subarray(0, 0);
  }
  return chunk;
}
