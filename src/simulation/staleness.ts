import type { Index } from '../base/flavor.ts';
import type { Reply } from '../replica/output.ts';
import type { Call } from './calls.ts';
import { claim } from './violation.ts';

const NAME = 'stale reads keep their bound';

/**
 * A stale read tells how old it may be at most: it must see everything that was acknowledged that long
 * before it was asked. Held to what clients had been told by then.
 */
export class Staleness {
  /** When clients had heard of an index, both growing. */
  readonly #heard: { readonly atUs: number; readonly index: Index }[] = [];

  /** A client was told of this place: a write of it, or a read that was up to date. */
  acknowledged(nowUs: number, index: Index): void {
    const last = this.#heard.at(-1);
    if (last === undefined || index > last.index) this.#heard.push({ atUs: nowUs, index });
  }

  /**
   * Whether the answer came with a bound, which then held.
   *
   * @param askedUs when the query reached the node
   * @param slowness how many times slower than real time the node's clock may have run, beyond what it allows for
   * @throws Violation
   */
  check(call: Call, askedUs: number, reply: Reply, slowness: number): boolean {
    if (call.kind !== 'query' || call.consistency !== 'stale' || reply.kind !== 'result') return false;
    const { maxStaleMs } = call;
    const { staleMs, index } = reply;
    claim(
      maxStaleMs === undefined || (staleMs !== undefined && staleMs <= maxStaleMs),
      NAME,
      () => `a read that may be ${maxStaleMs} ms old was answered as of ${staleMs} ms before`,
    );
    if (staleMs === undefined) return false;
    const due = this.#heardBefore(askedUs - staleMs * 1000 * slowness);
    claim(
      index >= due,
      NAME,
      () => `an answer said to be ${staleMs} ms old reflects index ${index}; by then clients knew of ${due}`,
    );
    return true;
  }

  #heardBefore(atUs: number): Index {
    let from = 0;
    let to = this.#heard.length;
    while (from < to) {
      const middle = (from + to) >>> 1;
      if ((this.#heard[middle]?.atUs ?? 0) < atUs) from = middle + 1;
      else to = middle;
    }
    return this.#heard[from - 1]?.index ?? 0;
  }
}
