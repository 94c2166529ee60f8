import type { Index } from '../base/flavor.ts';
import { RisingMap } from '../base/rising-map.ts';
import type { ReadyRead } from '../raft/ready.ts';
import type { QueryInput } from './input.ts';

interface Asked {
  /** By this node's monotonic clock; undefined if the answer may rest on a lease. */
  readonly askedMs: number | undefined;
  readonly queries: readonly QueryInput[];
}

interface Confirmed extends Asked {
  readonly index: Index;
  ticks: number;
}

/** What the state, as of now, may answer. */
export interface Answerable {
  readonly queries: readonly QueryInput[];
  /** The state reflects everything that was acknowledged before this time; undefined if none was confirmed. */
  readonly asOfMs: number | undefined;
}

/**
 * The queries that wait for a read index: those of one turn share one read of Raft, and are answered
 * once everything up to its index is applied (thesis, section 6.4). A node that is told the index and
 * then cut off never gets there: such queries are given up.
 */
export class PendingQueries {
  readonly #max: number;
  readonly #ticksMax: number;
  #size = 0;
  #nextRead = 1;
  readonly #asked = new RisingMap<Asked>();
  #confirmed: Confirmed[] = [];

  /**
   * @param max how many may wait in all
   * @param ticksMax how long one may wait for the state to reach its index
   */
  constructor(max: number, ticksMax: number) {
    this.#max = max;
    this.#ticksMax = ticksMax;
  }

  get waiting(): number {
    return this.#size;
  }

  /** How many more may wait. */
  get room(): number {
    return this.#max - this.#size;
  }

  /**
   * The id of the read that these queries wait for.
   *
   * @param askedMs by this node's monotonic clock; undefined if the answer may rest on a lease: then it
   *   proves nothing to queries that come later
   */
  ask(queries: readonly QueryInput[], askedMs: number | undefined): number {
    const read = this.#nextRead++;
    this.#asked.set(read, { askedMs, queries });
    this.#size += queries.length;
    return read;
  }

  /** The leader was confirmed after these queries came in. */
  confirmed({ id, index }: ReadyRead): void {
    const asked = this.#asked.get(id);
    if (asked === undefined) return;
    this.#asked.delete(id);
    const { askedMs, queries } = asked;
    this.#confirmed.push({ askedMs, queries, index, ticks: 0 });
  }

  /** The queries that the state, as of `applied`, may answer now. */
  takeAnswerable(applied: Index): Answerable {
    if (this.#confirmed.length === 0) return NOTHING;
    const reached = this.#confirmed.filter(({ index }) => index <= applied);
    if (reached.length === 0) return NOTHING;
    this.#confirmed = this.#confirmed.filter(({ index }) => index > applied);
    const queries = reached.flatMap((each) => each.queries);
    this.#size -= queries.length;
    const askedMs = reached.flatMap((each) => each.askedMs ?? []);
    return { queries, asOfMs: askedMs.length === 0 ? undefined : Math.max(...askedMs) };
  }

  /** The queries of a read that will not be confirmed. */
  abort(read: number): readonly QueryInput[] {
    const queries = this.#asked.get(read)?.queries ?? [];
    this.#asked.delete(read);
    this.#size -= queries.length;
    return queries;
  }

  /** One tick passed: the queries whose index the state does not reach. */
  tick(): readonly QueryInput[] {
    if (this.#confirmed.length === 0) return [];
    for (const each of this.#confirmed) each.ticks++;
    const expired = this.#confirmed
      .filter(({ ticks }) => ticks >= this.#ticksMax)
      .flatMap(({ queries }) => queries);
    this.#confirmed = this.#confirmed.filter(({ ticks }) => ticks < this.#ticksMax);
    this.#size -= expired.length;
    return expired;
  }
}

const NOTHING: Answerable = { queries: [], asOfMs: undefined };
