import type { NodeId } from '../base/flavor.ts';
import { PROTOCOL_VERSION } from '../base/version.ts';
import type { ReplicaConfig } from '../replica/config.ts';
import type { Swarm } from './swarm.ts';

/** Often enough that a run of a few seconds has some, in steps that others come in between. */
const AUDIT_TICKS = 50;
const AUDIT_RECORDS_PER_TICK = 64;
/** Fewer than there are in most runs. */
export const OPEN_RECORDS_MAX = 32;

/** A node's limits in a run: some drawn, and small, so that a short run reaches them; the rest ample. */
export function nodeConfig(id: NodeId, swarm: Swarm, protocol: number = PROTOCOL_VERSION): ReplicaConfig {
  const { limits } = swarm;
  return {
    raft: {
      id,
      electionTicksMin: swarm.electionTicksMin,
      electionTicksMax: swarm.electionTicksMax,
      heartbeatTicks: swarm.heartbeatTicks,
      tickMs: swarm.tickMs,
      clockDriftMax: swarm.clockDriftMax,
      holdsNews: true,
      appendEntriesMax: limits.appendEntriesMax,
      appendBytesMax: 100_000,
      inflightAppendsMax: limits.inflightAppendsMax,
      uncommittedBytesMax: 100_000,
      committedBytesMax: 100_000,
      logPackEntries: 16,
      pendingReadsMax: 1000,
      readTicksMax: 2 * swarm.electionTicksMax,
      promoteLagEntriesMax: 10,
      diskStallTicks: swarm.electionTicksMin,
    },
    protocol,
    pendingCommandsMax: 1000,
    pendingQueriesMax: 1000,
    watchesMax: 1000,
    watchBytesPerTurnMax: limits.watchBytesPerTurnMax,
    stateBytesMax: 100_000_000,
    auditTicks: AUDIT_TICKS,
    auditRecordsPerTick: AUDIT_RECORDS_PER_TICK,
    stateWriteTicks: limits.stateWriteTicks,
    stateWriteEntriesMax: limits.stateWriteEntriesMax,
    logEntriesMax: limits.logEntriesMax,
    logBytesMax: 1_000_000,
    logEntriesKept: limits.logEntriesKept,
    stateWriteChangesMax: 1000,
    stateWriteBytesMax: 1_000_000,
    stateOpenRecordsMax: OPEN_RECORDS_MAX,
    snapshotChunkBytes: limits.snapshotChunkBytes,
    snapshotWindowChunks: limits.snapshotWindowChunks,
    snapshotBytesPerSecond: limits.snapshotBytesPerSecond,
    snapshotBytesPerTurn: 4 * limits.snapshotChunkBytes,
    snapshotRetryTicks: 4,
  };
}
