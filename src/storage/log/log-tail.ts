import type { Index, Term } from '../../base/flavor.ts';
import type { HardState, Position } from '../../raft/entry.ts';
import { unreachable } from '../../base/assert.ts';
import type { LogRecord } from './log-records.ts';

/**
 * What a log amounts to, without its entries: follows the records, at recovery as while writing,
 * and finds those that cannot follow what came before.
 */
export class LogTail {
  #hardState: HardState;
  #lastIndex: Index;
  #compactedTo: Index;
  /** Where each term begins, ascending; the first is where knowledge begins. */
  #terms: Position[];

  constructor(hardState: HardState, last: Position, compactedTo: Index) {
    this.#hardState = hardState;
    this.#lastIndex = last.index;
    this.#compactedTo = compactedTo;
    this.#terms = [{ index: last.index, term: last.term }];
  }

  get hardState(): HardState {
    return this.#hardState;
  }

  get lastIndex(): Index {
    return this.#lastIndex;
  }

  /** Entries up to here are in the state: nobody reads them from the log any more. */
  get compactedTo(): Index {
    return this.#compactedTo;
  }

  /** The term of the entry at `index`; undefined where the log does not reach, or no longer knows. */
  termAt(index: Index): Term | undefined {
    if (index > this.#lastIndex) return undefined;
    return this.#terms.findLast((start) => start.index <= index)?.term;
  }

  /** Why the record cannot follow; undefined if it can. */
  problem(record: LogRecord): string | undefined {
    switch (record.kind) {
      case 'hard-state':
        return this.#hardStateProblem(record.hardState);
      case 'reset':
        return undefined;
      case 'truncate':
        return record.from <= this.#compactedTo ? `the log is compacted to ${this.#compactedTo}` : undefined;
      case 'entry': {
        if (record.entry.index !== this.#lastIndex + 1) return `the log ends at ${this.#lastIndex}`;
        const term = this.termAt(this.#lastIndex);
        return term !== undefined && record.entry.term < term
          ? `the last entry is of term ${term}`
          : undefined;
      }
      case 'compact':
        return record.to > this.#lastIndex ? `the log ends at ${this.#lastIndex}` : undefined;
      default:
        return unreachable(record);
    }
  }

  /** Takes a record that has no problem. */
  apply(record: LogRecord): void {
    switch (record.kind) {
      case 'hard-state':
        this.#hardState = record.hardState;
        return;
      case 'reset':
        this.#lastIndex = record.position.index;
        this.#compactedTo = record.position.index;
        this.#terms = [record.position];
        return;
      case 'truncate':
        this.#truncate(record.from);
        return;
      case 'entry':
        this.#lastIndex = record.entry.index;
        if (this.#terms.at(-1)?.term !== record.entry.term) {
          this.#terms.push({ index: record.entry.index, term: record.entry.term });
        }
        return;
      case 'compact':
        this.#compact(record.to);
        return;
      default:
        unreachable(record);
    }
  }

  #hardStateProblem(next: HardState): string | undefined {
    const { term, vote } = this.#hardState;
    if (next.term < term) return `the term was ${term}`;
    const voteChanged = next.term === term && vote !== undefined && next.vote !== vote;
    return voteChanged ? `the vote of term ${term} was for ${vote}` : undefined;
  }

  #truncate(from: Index): void {
    if (from > this.#lastIndex) return;
    this.#lastIndex = from - 1;
    while (true) {
      const start = this.#terms.at(-1);
      if (start === undefined || start.index < from) return;
      this.#terms.pop();
    }
  }

  #compact(to: Index): void {
    this.#compactedTo = Math.max(this.#compactedTo, to);
    const first = this.#terms.findLastIndex((start) => start.index <= this.#compactedTo);
    if (first > 0) this.#terms.splice(0, first);
  }
}
