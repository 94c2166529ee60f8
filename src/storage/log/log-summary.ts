import type { Index } from '../../base/flavor.ts';
import type { HardState, Position } from '../../raft/entry.ts';
import { getUint64, setUint64 } from './uint64.ts';

/**
 * What a log amounts to at one moment, without its entries. It stands in front of every frame, in
 * every segment's header and in the seal, so that whatever is damaged, what is behind it still says
 * which term and vote the node had, up to where its log went, and which of its entries were valid.
 */
export interface LogSummary {
  readonly hardState: HardState;
  /** Entries up to here are in the state. */
  readonly compacted: Position;
  readonly lastIndex: Index;
  /**
   * Where the last terms begin, ascending, at most `TERMS_MAX`. An entry is what its index and its
   * term say, and nothing else (Raft paper, section 5.3): an entry that was read is valid if this
   * agrees on its term.
   */
  readonly terms: readonly Position[];
}

export const TERMS_MAX = 4;
/** Stands for the term of a place of which only the index is known. */
export const UNKNOWN_TERM: number = Number.MAX_SAFE_INTEGER;
const POSITION_BYTES = 16;
const TERMS_AT = 48;
export const SUMMARY_BYTES: number = TERMS_AT + TERMS_MAX * POSITION_BYTES;

export const EMPTY_SUMMARY: LogSummary = {
  hardState: { term: 0, vote: undefined },
  compacted: { index: 0, term: 0 },
  lastIndex: 0,
  terms: [{ index: 0, term: 0 }],
};

/** Fills `SUMMARY_BYTES` from `at` on. Of the terms, the last ones. */
export function writeSummary(view: DataView, at: number, summary: LogSummary): void {
  const { hardState, compacted, lastIndex } = summary;
  const terms = summary.terms.slice(-TERMS_MAX);
  setUint64(view, at, hardState.term);
  setUint64(view, at + 8, hardState.vote ?? 0);
  setUint64(view, at + 16, compacted.index);
  setUint64(view, at + 24, compacted.term);
  setUint64(view, at + 32, lastIndex);
  setUint64(view, at + 40, terms.length);
  for (let n = 0; n < TERMS_MAX; n++) {
    const { index, term } = terms[n] ?? { index: 0, term: 0 };
    setUint64(view, at + TERMS_AT + n * POSITION_BYTES, index);
    setUint64(view, at + TERMS_AT + n * POSITION_BYTES + 8, term);
  }
}

/** Reads what `writeSummary` wrote, which was checked. */
export function readSummary(view: DataView, at: number): LogSummary {
  const vote = getUint64(view, at + 8);
  const count = Math.min(getUint64(view, at + 40), TERMS_MAX);
  const position = (offset: number): Position => ({
    index: getUint64(view, at + offset),
    term: getUint64(view, at + offset + 8),
  });
  return {
    hardState: { term: getUint64(view, at), vote: vote === 0 ? undefined : vote },
    compacted: position(16),
    lastIndex: getUint64(view, at + 32),
    terms: Array.from({ length: count }, (_, n) => position(TERMS_AT + n * POSITION_BYTES)),
  };
}

/** Whether two of them speak of the same log, as far as both know it. */
export function agree(one: LogSummary, other: LogSummary): boolean {
  return (
    one.lastIndex === other.lastIndex &&
    one.compacted.index === other.compacted.index &&
    one.hardState.term === other.hardState.term &&
    one.hardState.vote === other.hardState.vote &&
    agreeOnLastTerm(one.terms.at(-1), other.terms.at(-1))
  );
}

/** Of a log that was cut back behind all terms that it knew, the last one is not known. */
function agreeOnLastTerm(one: Position | undefined, other: Position | undefined): boolean {
  return one === undefined || other === undefined || one.term === other.term;
}
