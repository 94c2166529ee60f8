import type { Index } from '../base/flavor.ts';
import type { ReadyRead } from '../raft/ready.ts';
import type { QueryInput } from './input.ts';

/**
 * The linearizable queries that wait: those of one turn share one read of Raft, and are answered
 * once everything up to its read index is applied (thesis, section 6.4).
 */
export class PendingQueries {
  readonly #max: number;
  #size = 0;
  #nextRead = 1;
  readonly #asked = new Map<number, readonly QueryInput[]>();
  #confirmed: { readonly index: Index; readonly queries: readonly QueryInput[] }[] = [];

  /** @param max how many may wait in all */
  constructor(max: number) {
    this.#max = max;
  }

  get waiting(): number {
    return this.#size;
  }

  /** How many more may wait. */
  get room(): number {
    return this.#max - this.#size;
  }

  /** The id of the read that these queries wait for. */
  ask(queries: readonly QueryInput[]): number {
    const read = this.#nextRead++;
    this.#asked.set(read, queries);
    this.#size += queries.length;
    return read;
  }

  /** The leader was confirmed after these queries came in. */
  confirmed(read: ReadyRead): void {
    const queries = this.#asked.get(read.id);
    if (queries === undefined) return;
    this.#asked.delete(read.id);
    this.#confirmed.push({ index: read.index, queries });
  }

  /** The queries that the state, as of `applied`, may answer now. */
  takeAnswerable(applied: Index): readonly QueryInput[] {
    if (this.#confirmed.length === 0) return [];
    const answerable = this.#confirmed
      .filter(({ index }) => index <= applied)
      .flatMap(({ queries }) => queries);
    this.#confirmed = this.#confirmed.filter(({ index }) => index > applied);
    this.#size -= answerable.length;
    return answerable;
  }

  /** The queries of a read that will not be confirmed. */
  abort(read: number): readonly QueryInput[] {
    const queries = this.#asked.get(read) ?? [];
    this.#asked.delete(read);
    this.#size -= queries.length;
    return queries;
  }

  /** All that wait, confirmed or not: none of them will be answered. */
  abortAll(): readonly QueryInput[] {
    const queries = [...this.#asked.values(), ...this.#confirmed.map((each) => each.queries)].flat();
    this.#asked.clear();
    this.#confirmed = [];
    this.#size = 0;
    return queries;
  }
}
