import type { Random } from '../base/random.ts';
import { Raft } from '../raft/raft.ts';
import type { ReplicaConfig } from './config.ts';
import type { Restored } from './restored.ts';

/**
 * Raft as it was when the node stopped.
 *
 * A crash can fall between a stored snapshot and the log write behind it. Then the state is ahead of
 * the log, or the log holds something else at its place. What the state reflects was committed, so
 * the log has to begin anew behind it.
 */
export function restoreRaft(config: ReplicaConfig, random: Random, restored: Restored): Raft {
  const { hardState, base, entries, applied } = restored;
  const log = { hardState, base, entries };
  const isLost = applied.index < base.index;
  const termInLog = applied.index === base.index ? base.term : entries[applied.index - base.index - 1]?.term;
  if (isLost || termInLog === applied.term) {
    return new Raft(config.raft, random, { ...log, appliedIndex: applied.index });
  }
  const raft = new Raft(config.raft, random, { ...log, appliedIndex: base.index });
  raft.installSnapshot(applied);
  return raft;
}
