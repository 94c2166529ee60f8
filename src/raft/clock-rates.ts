import type { NodeId } from '../base/flavor.ts';

/** One reading of another node's clock: it was taken somewhere between these two times of the own clock. */
export interface ClockReading {
  readonly afterMs: number;
  readonly beforeMs: number;
  readonly theirsMs: number;
}

/**
 * Whether another node's clock is seen to run faster than allowed, compared with the own one: then
 * its promises end too early for a lease. The messages take time, so only what is certain counts.
 */
export class ClockRates {
  readonly #rateMax: number;
  readonly #windowMs: number;
  readonly #anchors = new Map<NodeId, ClockReading>();
  readonly #fast = new Set<NodeId>();

  /**
   * @param driftMax how much the clocks of two nodes may differ in rate, 0 to 1
   * @param windowMs over how long rates are compared
   */
  constructor(driftMax: number, windowMs: number) {
    this.#rateMax = 1 / (1 - driftMax);
    this.#windowMs = windowMs;
  }

  isFast(id: NodeId): boolean {
    return this.#fast.has(id);
  }

  observe(id: NodeId, reading: ClockReading): void {
    const anchor = this.#anchors.get(id);
    // A clock that begins anew belongs to a node that did.
    if (anchor === undefined || reading.theirsMs < anchor.theirsMs) {
      this.#anchors.set(id, reading);
      return;
    }
    const theirsMs = reading.theirsMs - anchor.theirsMs;
    const oursMostMs = reading.beforeMs - anchor.afterMs;
    const isFast = theirsMs > oursMostMs * this.#rateMax + ROUNDING_MS;
    if (isFast) this.#fast.add(id);
    if (reading.afterMs - anchor.beforeMs < this.#windowMs) return;
    if (!isFast) this.#fast.delete(id);
    this.#anchors.set(id, reading);
  }
}

/** Readings are whole ms. */
const ROUNDING_MS = 2;
