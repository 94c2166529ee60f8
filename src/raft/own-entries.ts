import type { Index } from '../base/flavor.ts';
import type { Entry, EntryKind } from './entry.ts';
import { bytesOf } from './log.ts';
import type { Leading, RaftState } from './state.ts';

/** Appends entries to the leader's own log; they leave, all in one request per follower, when the turn ends. */
export function appendOwn(
  state: RaftState,
  leading: Leading,
  kind: EntryKind,
  payloads: readonly Uint8Array[],
): Index {
  const firstIndex = state.log.lastIndex + 1;
  const { term } = state;
  const entries = payloads.map((data, n): Entry => ({ index: firstIndex + n, term, kind, data }));
  state.append(entries);
  leading.uncommittedBytes += bytesOf(entries);
  return firstIndex;
}

/** Whether an entry of this term is committed: only then is everything before known to be. */
export function hasCommittedOwnTerm(state: RaftState): boolean {
  return state.log.termAt(state.commitIndex) === state.term;
}
