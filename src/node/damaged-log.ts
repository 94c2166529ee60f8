import { StoreError } from '../base/errors.ts';
import type { Index, Term } from '../base/flavor.ts';
import type { Entry, Position } from '../raft/entry.ts';
import type { LogContents, LogDamage } from '../storage/log-storage.ts';

/** A damaged log, once it is known what the state reflects. */
export interface AroundState {
  readonly contents: LogContents;
  /** The log begins behind this place now, and that must be stored; undefined if nothing changes. */
  readonly rebase: Position | undefined;
}

/**
 * What the state reflects need not be in the log: of a gap that the state reaches into, only what is
 * behind the state is left, and often nothing. The state must be on stable storage.
 *
 * @throws StoreError LOG_CORRUPT if it cannot be told whether the state belongs to this log
 */
export function aroundState(contents: LogContents, applied: Position): AroundState {
  const { damage, hardState } = contents;
  if (damage === undefined || applied.index < damage.first || applied.index > damage.anchor.index) {
    return { contents, rebase: undefined };
  }
  const term = termIn(damage, applied.index);
  if (term === undefined) {
    throw new StoreError('LOG_CORRUPT', `${damage.what}; whether the state fits the log cannot be told`);
  }
  // The log is another one than the cluster's: it is given up as a whole.
  if (term !== applied.term) return { contents, rebase: undefined };
  const behind = damage.beyond.filter(({ index }) => index > applied.index);
  const entries = unbroken(applied.index, behind);
  const rebased: LogContents = { hardState, base: applied, entries };
  if (applied.index + entries.length === damage.anchor.index) return { contents: rebased, rebase: applied };
  const first = applied.index + entries.length + 1;
  return {
    contents: { ...rebased, damage: { ...damage, first, beyond: behind.slice(entries.length) } },
    rebase: applied,
  };
}

function termIn({ anchor, beyond, terms }: LogDamage, index: Index): Term | undefined {
  if (index === anchor.index) return anchor.term;
  const entry = beyond.find((each) => each.index === index);
  return entry?.term ?? terms.findLast((start) => start.index <= index)?.term;
}

/** The first of these that follow `index` without a gap. */
function unbroken(index: Index, entries: readonly Entry[]): readonly Entry[] {
  const gap = entries.findIndex((entry, at) => entry.index !== index + 1 + at);
  return gap < 0 ? entries : entries.slice(0, gap);
}
