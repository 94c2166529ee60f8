import type { Index, Term } from '../../base/flavor.ts';
import type { HardState, Position } from '../../raft/entry.ts';
import { unreachable } from '../../base/assert.ts';
import type { LogRecord } from './log-records.ts';
import { type LogSummary, TERMS_MAX, UNKNOWN_TERM } from './log-summary.ts';

/**
 * What a log amounts to, without its entries: follows the records, at recovery as while writing,
 * and finds those that cannot follow what came before.
 */
export class LogTail {
  #hardState: HardState;
  #lastIndex: Index;
  #compacted: Position;
  /** Where each term begins, ascending; the first is where knowledge begins. */
  #terms: Position[];

  /** @param earlier - what the same log was before: it may know the terms that the summary had no room for */
  constructor(summary: LogSummary, earlier?: LogTail) {
    this.#hardState = summary.hardState;
    this.#lastIndex = summary.lastIndex;
    this.#compacted = summary.compacted;
    this.#terms = [...termsBefore(summary, earlier), ...summary.terms];
  }

  get hardState(): HardState {
    return this.#hardState;
  }

  get lastIndex(): Index {
    return this.#lastIndex;
  }

  /** The end of the log; UNKNOWN_TERM if that is not known. */
  get last(): Position {
    return { index: this.#lastIndex, term: this.termAt(this.#lastIndex) ?? UNKNOWN_TERM };
  }

  /** Entries up to here are in the state: nobody reads them from the log any more. */
  get compacted(): Position {
    return this.#compacted;
  }

  get terms(): readonly Position[] {
    return this.#terms;
  }

  /** Whether the term of every entry is known. */
  get isKnown(): boolean {
    return this.#compacted.term !== UNKNOWN_TERM && (this.#terms[0]?.index ?? 0) <= this.#compacted.index + 1;
  }

  get summary(): LogSummary {
    return {
      hardState: this.#hardState,
      compacted: this.#compacted,
      lastIndex: this.#lastIndex,
      terms: this.#terms.slice(-TERMS_MAX),
    };
  }

  /** The term of the entry at `index`; undefined where the log does not reach, or no longer knows. */
  termAt(index: Index): Term | undefined {
    if (index > this.#lastIndex || index < this.#compacted.index) return undefined;
    if (index === this.#compacted.index && this.#compacted.term !== UNKNOWN_TERM) return this.#compacted.term;
    return this.#terms.findLast((each) => each.index <= index)?.term;
  }

  /** Takes over what a summary of this very log knows of its terms: it may have been cut back behind all that are known here. */
  learn(summary: LogSummary): void {
    if (this.isKnown) return;
    this.#terms = [...termsBefore(summary, this), ...summary.terms];
    if (this.#compacted.term === UNKNOWN_TERM) this.#compacted = summary.compacted;
  }

  /** Why the record cannot follow; undefined if it can. */
  problem(record: LogRecord): string | undefined {
    switch (record.kind) {
      case 'hard-state':
        return this.#hardStateProblem(record.hardState);
      case 'reset':
        return undefined;
      case 'rebase':
        return record.position.index < this.#compacted.index
          ? `the log is compacted to ${this.#compacted.index}`
          : undefined;
      case 'truncate':
        return record.from <= this.#compacted.index
          ? `the log is compacted to ${this.#compacted.index}`
          : undefined;
      case 'entry':
        return this.entryProblem(record.entry.index, record.entry.term);
      case 'fill':
        return record.entry.index > this.#lastIndex || record.entry.index <= this.#compacted.index
          ? `the log goes from ${this.#compacted.index} to ${this.#lastIndex}`
          : undefined;
      case 'compact':
        return record.to > this.#lastIndex ? `the log ends at ${this.#lastIndex}` : undefined;
      default:
        return unreachable(record);
    }
  }

  /** Why an entry cannot be appended; undefined if it can. */
  entryProblem(index: Index, term: Term): string | undefined {
    if (index !== this.#lastIndex + 1) return `the log ends at ${this.#lastIndex}`;
    const before = this.termAt(this.#lastIndex);
    return before !== undefined && term < before ? `the last entry is of term ${before}` : undefined;
  }

  /** Takes an entry that has no problem. */
  append(index: Index, term: Term): void {
    this.#lastIndex = index;
    if (this.#terms.at(-1)?.term !== term) this.#terms.push({ index, term });
  }

  /** Takes a record that has no problem. */
  apply(record: LogRecord): void {
    switch (record.kind) {
      case 'hard-state':
        this.#hardState = record.hardState;
        return;
      case 'reset':
        this.#lastIndex = record.position.index;
        this.#compacted = record.position;
        this.#terms = [record.position];
        return;
      case 'rebase':
        this.#rebase(record.position);
        return;
      case 'truncate':
        this.#truncate(record.from);
        return;
      case 'entry':
        return this.append(record.entry.index, record.entry.term);
      case 'fill':
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
    while ((this.#terms.at(-1)?.index ?? 0) >= from) this.#terms.pop();
  }

  #compact(to: Index): void {
    if (to <= this.#compacted.index) return;
    this.#compacted = { index: to, term: this.termAt(to) ?? UNKNOWN_TERM };
    const first = this.#terms.findLastIndex((start) => start.index <= to);
    if (first > 0) this.#terms.splice(0, first);
  }

  /** The log begins behind `base` now; what is known of the places behind stays. */
  #rebase(base: Position): void {
    this.#compacted = base;
    this.#lastIndex = Math.max(this.#lastIndex, base.index);
    const first = this.#terms.findLastIndex((start) => start.index <= base.index);
    if (first > 0) this.#terms.splice(0, first);
    if (this.#lastIndex === base.index) this.#terms = [base];
  }
}

/**
 * The beginnings of terms that `earlier` knows and the summary has no room for. If both have the same
 * entry at some place then their logs are the same up to there (Raft paper, section 5.3).
 */
function termsBefore({ terms }: LogSummary, earlier: LogTail | undefined): readonly Position[] {
  const first = terms[0];
  if (first === undefined || earlier?.termAt(first.index) !== first.term) return [];
  return earlier.terms.filter(({ index }) => index < first.index);
}
