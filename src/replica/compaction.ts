import type { Index } from '../base/flavor.ts';
import type { ReplicaConfig } from './config.ts';

/** How the log stands. */
export interface LogSize {
  readonly firstIndex: Index;
  readonly entries: number;
  readonly bytes: number;
}

/** Whether the log should be compacted: it is over one of its limits. */
export function needsCompaction(log: LogSize, config: ReplicaConfig): boolean {
  return log.entries > config.logEntriesMax || log.bytes > config.logBytesMax;
}

/**
 * Up to where the log goes, once the state up to `synced` is on stable storage. A tail is kept for
 * slow followers; a log over its bytes keeps less of it. What a snapshot on its way needs to be
 * followed by (`holdBack`) stays, unless the log is far over its limits.
 */
export function compactionPoint(log: LogSize, synced: Index, holdBack: Index, config: ReplicaConfig): Index {
  const entriesThatFit = Math.floor((log.entries * config.logBytesMax) / (2 * Math.max(1, log.bytes)));
  const kept = Math.min(config.logEntriesKept, entriesThatFit);
  const lastIndex = log.firstIndex + log.entries - 1;
  const wanted = Math.min(synced, lastIndex - kept);
  const farOver = log.entries > 4 * config.logEntriesMax || log.bytes > 4 * config.logBytesMax;
  return farOver ? wanted : Math.min(wanted, holdBack);
}
