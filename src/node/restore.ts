import { assert } from '../base/assert.ts';
import { StoreError } from '../base/errors.ts';
import { readMembers } from '../machine/root-members.ts';
import { decodeConfiguration } from '../raft/configuration-codec.ts';
import type { Configuration } from '../raft/configuration.ts';
import type { HardState, Position } from '../raft/entry.ts';
import type { Restored } from '../replica/restored.ts';
import type { LogContents, LogStorage } from '../storage/log-storage.ts';
import type { StateContents } from '../storage/state-storage.ts';
import type { Identity } from '../storage/identity.ts';
import { aroundState } from './damaged-log.ts';
import type { EventLog } from './event-log.ts';

/** How a node's log and its state go together. */
export type Fit =
  /** The state lies within the log, or behind it (it was lost, and Raft asks for a snapshot). */
  | { readonly kind: 'fits' }
  /** The state is ahead of the log, or beside it: the log begins anew behind it. */
  | { readonly kind: 'reset'; readonly hardState: HardState };

/**
 * Compares a log with a state. A state holds only what was committed, so where the two differ the
 * log is wrong: a snapshot was stored, and the node died before its log followed.
 */
export function fit(log: LogContents, applied: Position): Fit {
  const { base, entries, hardState } = log;
  if (applied.index < base.index) return { kind: 'fits' };
  const at = applied.index === base.index ? base : entries[applied.index - base.index - 1];
  if (at?.term === applied.term) return { kind: 'fits' };
  // No vote in a term above the one on the disk has left this node, so forgetting it is safe.
  const isNewer = applied.term > hardState.term;
  return { kind: 'reset', hardState: isNewer ? { term: applied.term, vote: undefined } : hardState };
}

/**
 * What the replica starts from; brings the log in line with the state first, durably.
 *
 * @param configuration - what the node was told about its cluster
 * @throws StoreError LOG_CORRUPT
 */
export async function restore(
  log: LogStorage,
  opened: LogContents,
  state: StateContents,
  configuration: Configuration,
): Promise<Restored> {
  const { applied, tree } = state;
  const { contents, rebase } = aroundState(opened, applied);
  for (const [at, entry] of contents.entries.entries()) {
    assert(entry.index === contents.base.index + 1 + at, 'a log is read without a gap');
  }
  // Before the first write of Raft, whose ids begin at 1.
  if (rebase !== undefined) await log.write({ id: 0, reset: rebase, fills: true, entries: [] });
  const found = fit(contents, applied);
  if (found.kind === 'fits') return { ...contents, tree, applied, configuration };
  const { hardState } = found;
  await log.write({ id: 0, hardState, reset: applied, entries: [] });
  return { hardState, base: applied, entries: [], tree, applied, configuration };
}

/** What a node says of its disk before it starts from it. @throws StoreError LOG_CORRUPT if nobody can repair it */
export function tellDamage(
  { damage }: LogContents,
  { setAside, tree }: StateContents,
  restored: Restored,
  identity: Identity,
  log: EventLog,
): void {
  if (setAside !== undefined) log.warn('state set aside', { ...setAside });
  if (damage === undefined) return;
  const { what, first, anchor } = damage;
  const inState = restored.damage === undefined;
  log.warn('log damaged', { what, first, last: anchor.index, inState });
  if (inState) return;
  const members = readMembers(tree);
  const isAlone =
    members === undefined
      ? identity.peers?.size === 0 && identity.joined === undefined
      : decodeConfiguration(members).members.size === 1;
  if (isAlone) throw new StoreError('LOG_CORRUPT', `${what}; no other node has what was there`);
}
