import type { Random } from '../base/random.ts';

/** The kinds of faults that a run can be asked for. */
export const FAULT_KINDS = [
  'drop',
  'duplicate',
  'delay',
  'partition',
  'crash',
  'power-cut',
  'pause',
  'stall',
  'drift',
  'clock-jump',
  'slow-disk',
  'stalled-disk',
  'full-disk',
  'lose-state',
  'rot',
  'disk-error',
  'corrupt',
  'client-crash',
  'membership',
  'transfer',
  'rolling-restart',
  'wipe',
] as const;

export type FaultKind = (typeof FAULT_KINDS)[number];

/**
 * How one run is set up: which faults happen and how often, how fast disks and links are, how much
 * clients ask. Each seed draws its own (swarm testing): a bug that hides at one mix shows at another.
 */
export interface Swarm {
  readonly nodes: number;
  readonly tickMs: number;
  readonly electionTicksMin: number;
  readonly electionTicksMax: number;
  readonly heartbeatTicks: number;
  /** What leases rest on, 0: nodes take none. */
  readonly clockDriftMax: number;
  /** Clocks drift by more than leases allow. */
  readonly driftsBeyond: boolean;
  /** A node waits this long before it takes what came in, as one turn; 0: each input is a turn. */
  readonly turnDelayUs: number;
  readonly network: NetworkSwarm;
  readonly disk: DiskSwarm;
  readonly faults: FaultSwarm;
  readonly clients: ClientSwarm;
  readonly limits: LimitSwarm;
}

export interface NetworkSwarm {
  readonly latencyMinUs: number;
  readonly latencyMaxUs: number;
  readonly dropChance: number;
  /** The same for those that carry entries or records: large frames are lost where small ones get through. */
  readonly largeDropChance: number;
  readonly duplicateChance: number;
  /** Of a message that takes up to `tailMaxUs`. */
  readonly tailChance: number;
  readonly tailMaxUs: number;
  /** Of a message that has a bit turned over, or is cut off, on its way. */
  readonly corruptChance: number;
  /** Messages pass through the bytes of the real protocol, even if none is corrupted. */
  readonly encodes: boolean;
  /** Of a snapshot's chunk that arrives with one bit inverted. */
  readonly damageChance: number;
  /** Messages of one link do not overtake each other. */
  readonly inOrder: boolean;
}

export interface DiskSwarm {
  readonly writeMinUs: number;
  readonly writeMaxUs: number;
  readonly syncMaxUs: number;
  /** The log forgets compacted entries only by so many at once. */
  readonly segmentEntries: number;
  /** Of what was written and not synced when a node crashed: the chance that all of it is there. */
  readonly keepChance: number;
  /** The log is that of the product, over a disk in memory; otherwise a model of it. */
  readonly real: boolean;
  readonly segmentBytes: number;
  /** What a power cut leaves whole. */
  readonly sectorBytes: number;
  /** Says that a write is on stable storage as soon as it is handed in. */
  readonly lies: boolean;
}

export interface FaultSwarm {
  readonly enabled: readonly FaultKind[];
  /** Mean time between two faults of any kind. */
  readonly everyMs: number;
  /** How long a fault lasts, at most. */
  readonly lastsMaxMs: number;
  /** Of aiming at the leader. */
  readonly leaderBias: number;
}

export interface ClientSwarm {
  readonly clients: number;
  /** Operations per second, of all clients together. */
  readonly operationsPerSecond: number;
  readonly keys: number;
  readonly readShare: number;
  readonly watches: number;
  readonly timeoutMs: number;
  /** A client that is silent for so long loses its session. */
  readonly sessionTtlMs: number;
  /** Of the values that are put, at most. */
  readonly valueBytesMax: number;
}

export interface LimitSwarm {
  readonly logEntriesMax: number;
  readonly logEntriesKept: number;
  readonly snapshotChunkBytes: number;
  readonly snapshotWindowChunks: number;
  readonly snapshotBytesPerSecond: number;
  readonly appendEntriesMax: number;
  readonly inflightAppendsMax: number;
  readonly watchBytesPerTurnMax: number;
  /** Revisions that watches can go back. */
  readonly historyRevisionsMax: number;
  readonly stateWriteTicks: number;
  readonly stateWriteEntriesMax: number;
}

export interface SwarmOptions {
  /** Drawn from 1 to 5 if it is undefined. */
  readonly nodes: number | undefined;
  readonly faults: readonly FaultKind[];
}

export function drawSwarm(random: Random, { nodes, faults }: SwarmOptions): Swarm {
  const electionTicksMin = random.integer(4, 8);
  const tickMs = random.pick([100, 200, 400]);
  const enabled = drawFaults(random, faults);
  const electionMs = electionTicksMin * tickMs;
  const clients = drawClients(random, electionMs);
  // Large values are kept in the history too, and cross the wire in chunks.
  const isLarge = clients.valueBytesMax > 10_000;
  return {
    // The rarest bugs show with five nodes; one of an even number needs four, or two.
    nodes: nodes ?? random.pick([1, 2, 3, 3, 4, 4, 5, 5, 5, 5, 5, 6, 7]),
    tickMs,
    electionTicksMin,
    electionTicksMax: electionTicksMin * 2,
    heartbeatTicks: random.pick([1, 1, 2]),
    clockDriftMax: random.pick([0, 0.1, 0.2, 0.3, 0.4]),
    driftsBeyond: random.chance(0.3),
    turnDelayUs: random.pick([0, 0, 200, 2000]),
    network: drawNetwork(random, enabled, electionMs),
    disk: {
      writeMinUs: 100,
      writeMaxUs: Math.min(random.pick([500, 2000, 20_000, 100_000]), electionMs * 100),
      syncMaxUs: random.pick([2000, 50_000, 500_000]),
      segmentEntries: random.pick([1, 1, 4, 16]),
      keepChance: random.pick([0, 0.3, 0.9]),
      // It costs more than the model.
      real: random.chance(enabled.includes('rot') ? 0.2 : 0.05),
      segmentBytes: random.pick([4096, 8192, 65_536]),
      sectorBytes: random.pick([512, 4096]),
      lies: false,
    },
    faults: {
      enabled,
      everyMs: electionMs * random.pick([1, 2, 5, 10]),
      lastsMaxMs: electionMs * random.pick([1, 2, 5, 10, 20]),
      leaderBias: random.pick([0, 0.3, 0.7]),
    },
    clients: isLarge
      ? { ...clients, operationsPerSecond: Math.min(1, clients.operationsPerSecond) }
      : clients,
    limits: {
      logEntriesMax: random.pick([8, 20, 50, 200]),
      logEntriesKept: random.pick([0, 2, 5, 10]),
      snapshotChunkBytes: Math.max(random.pick([100, 200, 1000, 100_000]), clients.valueBytesMax / 10),
      snapshotWindowChunks: random.pick([1, 2, 8]),
      snapshotBytesPerSecond: random.pick([1_000_000, 100_000_000]),
      appendEntriesMax: random.pick([1, 2, 8, 64]),
      inflightAppendsMax: random.pick([1, 2, 8]),
      watchBytesPerTurnMax: random.pick([1000, 100_000]),
      historyRevisionsMax: isLarge ? 40 : random.pick([40, 200, 10_000]),
      stateWriteTicks: random.pick([1, 5, 50]),
      stateWriteEntriesMax: random.pick([1, 20, 1000]),
    },
  };
}

/** All of those asked for, or some of them. */
function drawFaults(random: Random, faults: readonly FaultKind[]): readonly FaultKind[] {
  if (random.chance(0.3)) return faults;
  return faults.filter(() => random.chance(0.6));
}

function drawNetwork(random: Random, enabled: readonly FaultKind[], electionMs: number): NetworkSwarm {
  const latencyMinUs = random.pick([100, 1000, 5000]);
  const delays = enabled.includes('delay');
  const corruptChance = enabled.includes('corrupt') ? random.pick([0, 0, 0.001, 0.01]) : 0;
  return {
    latencyMinUs,
    // Without a fault a round trip and a write fit into an election timeout: else nobody could lead.
    latencyMaxUs: Math.max(
      latencyMinUs,
      Math.min(latencyMinUs * random.pick([1, 2, 5, 20]), electionMs * 100),
    ),
    dropChance: enabled.includes('drop') ? random.pick([0.01, 0.05, 0.1, 0.3]) : 0,
    largeDropChance: enabled.includes('drop') ? random.pick([0, 0, 0, 0, 0.5, 0.9]) : 0,
    duplicateChance: enabled.includes('duplicate') ? random.pick([0.01, 0.1, 0.5]) : 0,
    tailChance: delays ? random.pick([0.01, 0.05, 0.2]) : 0,
    tailMaxUs: delays ? electionMs * 1000 * random.pick([1, 3, 10]) : 0,
    corruptChance,
    encodes: corruptChance > 0 || random.chance(0.1),
    damageChance: corruptChance > 0 ? random.pick([0.01, 0.1]) : 0,
    inOrder: !delays && random.chance(0.5),
  };
}

function drawClients(random: Random, electionMs: number): ClientSwarm {
  return {
    clients: random.integer(2, 6),
    // Low rates matter: an entry of an older term is in danger only while no newer one follows it.
    operationsPerSecond: random.pick([0.2, 0.5, 0.5, 1, 2, 5, 10]),
    keys: random.integer(1, 5),
    readShare: random.pick([0.1, 0.3, 0.6]),
    watches: random.integer(0, 3),
    timeoutMs: electionMs * random.pick([1, 3, 8]),
    sessionTtlMs: random.pick([1000, 5000, 60_000, 3_600_000]),
    // Large ones cost much: a few runs show what they do.
    valueBytesMax: random.chance(0.02) ? 300_000 : random.pick([20, 20, 20, 2000]),
  };
}
