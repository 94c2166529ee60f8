/** A run whose every call and fault is given as data, so that a test can generate it and shrink it. */
import type { FaultAction } from './actions.ts';
import type { Call } from './calls.ts';
import { execute, ownSubject, type RunResult } from './run.ts';
import type { Swarm } from './swarm.ts';

export interface ScheduleStep {
  /** Behind the step before. */
  readonly afterMs: number;
  readonly act: FaultAction | { readonly kind: 'call'; readonly client: number; readonly call: Call };
}

export interface ScheduleOptions {
  /** Of what is not given: latencies, election timeouts. */
  readonly seed: number;
  readonly nodes: number;
  readonly steps: readonly ScheduleStep[];
  /** Of a message; 0 if it is left out. */
  readonly dropChance?: number;
  readonly duplicateChance?: number;
  /** Of a message that is up to ten election timeouts late. */
  readonly lateChance?: number;
}

const ELECTION_MS = 400;
const CLIENTS = 3;

/** Runs the steps, then the calm behind, and judges it all. The same options give the same result. */
export function runSchedule(options: ScheduleOptions): RunResult {
  const swarm = quietSwarm(options);
  return execute({ seed: options.seed }, swarm, { ...ownSubject(swarm), workloads: [] }, (world) => {
    // A first election, so that the steps find a cluster that works.
    world.run(3 * ELECTION_MS);
    for (const { afterMs, act } of options.steps) {
      world.run(afterMs);
      if (act.kind === 'call') world.clients[act.client % CLIENTS]?.submit(act.call);
      else world.perform(act);
    }
    world.run(ELECTION_MS);
  });
}

/** A cluster that nothing happens to on its own, but to its messages if that is asked for. */
export function quietSwarm({
  nodes,
  dropChance = 0,
  duplicateChance = 0,
  lateChance = 0,
}: Omit<ScheduleOptions, 'seed' | 'steps'>): Swarm {
  return {
    nodes,
    tickMs: 100,
    electionTicksMin: ELECTION_MS / 100,
    electionTicksMax: (2 * ELECTION_MS) / 100,
    heartbeatTicks: 1,
    clockDriftMax: 0.1,
    driftsBeyond: false,
    turnDelayUs: 0,
    network: {
      latencyMinUs: 200,
      latencyMaxUs: 2000,
      dropChance,
      largeDropChance: 0,
      duplicateChance,
      tailChance: lateChance,
      damageChance: 0,
      tailMaxUs: 10 * ELECTION_MS * 1000,
      corruptChance: 0,
      encodes: false,
      inOrder: false,
    },
    disk: {
      writeMinUs: 200,
      writeMaxUs: 5000,
      syncMaxUs: 20_000,
      segmentEntries: 1,
      keepChance: 0.2,
      real: false,
      segmentBytes: 65_536,
      sectorBytes: 512,
      lies: false,
    },
    faults: { enabled: [], everyMs: 1000, lastsMaxMs: 1000, leaderBias: 0 },
    clients: {
      clients: CLIENTS,
      operationsPerSecond: 1,
      keys: 3,
      readShare: 0.5,
      watches: 2,
      timeoutMs: 1000,
      sessionTtlMs: 3_600_000,
      valueBytesMax: 20,
    },
    limits: {
      logEntriesMax: 10,
      logEntriesKept: 2,
      snapshotChunkBytes: 500,
      snapshotWindowChunks: 4,
      snapshotBytesPerSecond: 1_000_000,
      appendEntriesMax: 4,
      inflightAppendsMax: 2,
      watchBytesPerTurnMax: 100_000,
      historyRevisionsMax: 10_000,
      stateWriteTicks: 2,
      stateWriteEntriesMax: 10,
    },
  };
}
