/** Every setting of a node: what it is called, what it is by default, and what it may be. */
import { StoreError } from '../base/errors.ts';
import type { NodeId } from '../base/flavor.ts';
import { PROTOCOL_VERSION } from '../base/version.ts';
import { VALUE_BYTES_MAX } from '../machine/kv/kv-limits.ts';
import type { AnyMachine } from '../machine/machine.ts';
import type { ReplicaConfig } from '../replica/config.ts';
import type { PeerLimits } from '../transport/peer-handshake.ts';
import type { MemberAddress } from '../wire/client-frames.ts';
import {
  ADDRESS_LENGTH_MAX,
  CLUSTER_ID_LENGTH_MAX,
  MEMBERS_MAX,
  WATCHES_PER_FRAME_MAX,
} from '../wire/wire-limits.ts';
import { type Address, parseAddress } from './address.ts';

/** Limits of what clients may ask of a node. */
export interface ClientLimits {
  /** Client connections, accepted or in their handshake. */
  readonly connectionsMax: number;
  /** Sockets of any kind, before it is known what they want. */
  readonly socketsMax: number;
  /** A client frame above this many bytes is refused; twice as much is not even read. */
  readonly clientFrameBytesMax: number;
  /** From accepting a socket to the end of its HTTP headers. */
  readonly headersMs: number;
  /** From the upgrade to the hello frame. */
  readonly helloMs: number;
  /** A client is pinged this often, and cut when it was silent for `idleMs`. */
  readonly clientPingMs: number;
  readonly idleMs: number;
  /** Of one connection. */
  readonly requestsInFlightMax: number;
  /** Of all connections together, about. */
  readonly requestBytesInFlightMax: number;
  readonly watchesPerConnectionMax: number;
  /** Nothing more is read from a connection, and its watches pause, while this many bytes wait to be sent on it… */
  readonly bufferedBytesLow: number;
  /** …and the connection is cut above this many. */
  readonly bufferedBytesMax: number;
  /** Frames of one turn leave as one WebSocket message up to about this many bytes… */
  readonly batchBytesMax: number;
  /** …and this many frames: the client reads the first message while the node makes the next. */
  readonly batchFramesMax: number;
}

/** Limits of what may wait for the disks. */
export interface DiskLimits {
  /** Commands wait while this many log writes are on their way… */
  readonly logWritesMax: number;
  /** …and enter the log in groups of at most so many, so that the next node works on one while this one works on the next… */
  readonly commandsPerTurnMax: number;
  /** …and are refused with TOO_BUSY when this many wait. */
  readonly heldCommandsMax: number;
  /** Followers are told of what is committed with the next commands, or after so long. */
  readonly newsDelayMs: number;
  /** Below this many free bytes the node takes no writes, but for what frees something… */
  readonly diskReserveBytes: number;
  /** …which is looked at so often. */
  readonly spacePollMs: number;
  /** Commands wait, too, while this many changes of the state are on their way. */
  readonly stateChangesMax: number;
  /** Length of one file of the log: a multiple of 4 KiB. */
  readonly logSegmentBytes: number;
  /** So many files of the log that are no longer needed are kept, to be used again. */
  readonly logUsedSegmentsMax: number;
}

/** Timing of the cluster. Equal on all nodes. */
export interface Timing {
  readonly tickMs: number;
  readonly heartbeatTicks: number;
  readonly electionTicksMin: number;
  readonly electionTicksMax: number;
}

/** Limits of Raft, which takes its members and its timing from the rest. */
export type RaftLimits = Omit<
  ReplicaConfig['raft'],
  'id' | 'clockDriftMax' | 'holdsNews' | 'diskStallTicks' | keyof Timing
>;

export interface NodeLimits
  extends ClientLimits, DiskLimits, PeerLimits, RaftLimits, Omit<ReplicaConfig, 'raft' | 'protocol'> {
  /** Largest value of a key. */
  readonly valueBytesMax: number;
  /** A graceful stop waits this long for requests that are on their way. */
  readonly drainMs: number;
}

export interface NodeConfig extends Timing {
  readonly id: NodeId;
  readonly clusterId: string;
  /**
   * Those that form the cluster, this node among them. Once it is formed the log says who the members
   * are, and this list where to find them: its addresses come before those of the log.
   */
  readonly members: readonly MemberAddress[];
  /** `host:port` at which the others find this node. */
  readonly address: string;
  readonly directory: string;
  /** Of the release that runs; told in the status. */
  readonly version: string;
  readonly listen: Address;
  /**
   * How much the monotonic clocks of two nodes may differ in rate, 0 to 1: lease reads rest on it (see
   * src/raft/lease.ts). 0: no lease reads. Equal on all nodes.
   */
  readonly clockDriftMax: number;
  /** Lets `POST /faults` cut the traffic to other members: for tests alone. */
  readonly allowFaults: boolean;
  /** The state that is there is set aside, and built anew from the log or from the others. */
  readonly rebuild: boolean;
  /** Web pages of these origins may connect. */
  readonly originsAllowed: readonly string[];
  /** Machines beside those of Kvorum; the same on all nodes. */
  readonly machines: readonly AnyMachine[];
  readonly limits: NodeLimits;
}

/** What has no default, and what departs from the defaults. */
export interface NodeSettings extends Partial<Omit<NodeConfig, 'limits' | 'listen'>> {
  readonly id: NodeId;
  readonly clusterId: string;
  readonly directory: string;
  /** `host:port`; by default the address at which the others find this node. */
  readonly listen?: string;
  readonly limits?: Partial<NodeLimits>;
}

const KIB = 1024;
const MIB = 1024 * KIB;

export const DEFAULT_TIMING: Timing = {
  tickMs: 20,
  heartbeatTicks: 5,
  electionTicksMin: 40,
  electionTicksMax: 80,
};

/** Far more than the rates of real clocks differ: NTP slews by 0.05 %, and quartz is 100 times better than this. */
const CLOCK_DRIFT_MAX = 0.1;

export const DEFAULT_LIMITS: NodeLimits = {
  valueBytesMax: VALUE_BYTES_MAX,
  drainMs: 1_000,
  connectionsMax: 1_024,
  socketsMax: 2_048,
  clientFrameBytesMax: 8 * MIB,
  headersMs: 5_000,
  helloMs: 5_000,
  clientPingMs: 5_000,
  idleMs: 60_000,
  requestsInFlightMax: 4_096,
  requestBytesInFlightMax: 256 * MIB,
  watchesPerConnectionMax: 1_024,
  bufferedBytesLow: 4 * MIB,
  bufferedBytesMax: 64 * MIB,
  batchBytesMax: 8 * MIB,
  batchFramesMax: 64,
  logWritesMax: 4,
  commandsPerTurnMax: 128,
  heldCommandsMax: 16_384,
  newsDelayMs: 2,
  stateChangesMax: 262_144,
  diskReserveBytes: 64 * MIB,
  spacePollMs: 500,
  logSegmentBytes: 16 * MIB,
  logUsedSegmentsMax: 8,
  peerFrameBytesMax: 32 * MIB,
  peerBatchBytesMax: MIB,
  peerBufferedBytesMax: 32 * MIB,
  peerConnectionsMax: 64,
  handshakeMs: 3_000,
  pingMs: 1_000,
  missedPingsMax: 3,
  redialMsMin: 50,
  redialMsMax: 1_000,
  appendEntriesMax: 4_096,
  appendBytesMax: MIB,
  inflightAppendsMax: 64,
  uncommittedBytesMax: 64 * MIB,
  committedBytesMax: MIB,
  logPackEntries: 256,
  pendingReadsMax: 65_536,
  readTicksMax: 150,
  promoteLagEntriesMax: 1_000,
  pendingCommandsMax: 65_536,
  pendingQueriesMax: 65_536,
  watchesMax: 65_536,
  watchBytesPerTurnMax: MIB,
  stateBytesMax: 1_024 * MIB,
  auditTicks: 3_000,
  auditRecordsPerTick: 512,
  stateWriteTicks: 1_500,
  stateWriteEntriesMax: 65_536,
  logEntriesMax: 40_000,
  logBytesMax: 128 * MIB,
  logEntriesKept: 10_000,
  stateWriteChangesMax: 16_384,
  stateWriteBytesMax: 64 * MIB,
  stateOpenRecordsMax: 16_384,
  snapshotChunkBytes: 128 * KIB,
  snapshotWindowChunks: 8,
  snapshotBytesPerSecond: 32 * MIB,
  snapshotBytesPerTurn: 128 * KIB,
  snapshotRetryTicks: 50,
};

/**
 * The whole configuration of a node.
 *
 * @throws StoreError CONFIG_INVALID, naming the setting
 */
export function nodeConfig(settings: NodeSettings): NodeConfig {
  const { id, clusterId, members = [], directory } = settings;
  if (clusterId.length === 0 || clusterId.length > CLUSTER_ID_LENGTH_MAX) {
    throw invalid('clusterId', `must have 1 to ${CLUSTER_ID_LENGTH_MAX} characters`);
  }
  if (directory.length === 0) throw invalid('directory', 'must be given');
  checkMembers(members);
  const address = settings.address ?? members.find((member) => member.id === id)?.address;
  if (address === undefined) throw invalid('id', `${id} is not among the members`);
  parseAddress('address', address);
  const timing: Timing = {
    tickMs: settings.tickMs ?? DEFAULT_TIMING.tickMs,
    heartbeatTicks: settings.heartbeatTicks ?? DEFAULT_TIMING.heartbeatTicks,
    electionTicksMin: settings.electionTicksMin ?? DEFAULT_TIMING.electionTicksMin,
    electionTicksMax: settings.electionTicksMax ?? DEFAULT_TIMING.electionTicksMax,
  };
  checkTiming(timing);
  const clockDriftMax = settings.clockDriftMax ?? CLOCK_DRIFT_MAX;
  if (!(clockDriftMax >= 0 && clockDriftMax < 1)) {
    throw invalid('clockDriftMax', 'must be at least 0 and below 1, such as 0.1');
  }
  const limits = withDefaults(settings.limits ?? {});
  checkLimits(limits);
  return {
    ...timing,
    id,
    clusterId,
    members,
    address,
    directory,
    version: settings.version ?? 'unknown',
    listen: parseAddress('listen', settings.listen ?? address),
    clockDriftMax,
    allowFaults: settings.allowFaults ?? false,
    rebuild: settings.rebuild ?? false,
    originsAllowed: settings.originsAllowed ?? [],
    machines: settings.machines ?? [],
    limits,
  };
}

/** What the replica needs of it. */
export function replicaConfig(config: NodeConfig): ReplicaConfig {
  const { id, limits, clockDriftMax, tickMs, heartbeatTicks, electionTicksMin, electionTicksMax } = config;
  const timing = { tickMs, heartbeatTicks, electionTicksMin, electionTicksMax };
  const protocol = PROTOCOL_VERSION;
  return {
    ...limits,
    protocol,
    raft: { ...limits, ...timing, id, clockDriftMax, holdsNews: true, diskStallTicks: electionTicksMin },
  };
}

function checkMembers(members: readonly MemberAddress[]): void {
  if (members.length > MEMBERS_MAX) throw invalid('members', `must name at most ${MEMBERS_MAX} nodes`);
  for (const { id, address } of members) {
    if (!Number.isSafeInteger(id) || id < 1) throw invalid('members', `${id} is no node id: 1, 2, 3, …`);
    if (address.length > ADDRESS_LENGTH_MAX) throw invalid('members', 'holds an address that is too long');
    parseAddress('members', address);
  }
  if (new Set(members.map(({ id }) => id)).size < members.length)
    throw invalid('members', 'names one id twice');
  if (new Set(members.map(({ address }) => address)).size < members.length) {
    throw invalid('members', 'names one address twice');
  }
}

function checkTiming(timing: Timing): void {
  for (const [name, value] of Object.entries(timing)) checkCount(name, value);
  if (timing.electionTicksMin <= 2 * timing.heartbeatTicks) {
    throw invalid('electionTicksMin', 'must be more than twice heartbeatTicks, or elections never end');
  }
  if (timing.electionTicksMax <= timing.electionTicksMin) {
    throw invalid('electionTicksMax', 'must be above electionTicksMin');
  }
}

/** The limits that follow from the largest value grow with it, unless they are given. */
function withDefaults(given: Partial<NodeLimits>): NodeLimits {
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(DEFAULT_LIMITS, name)) throw invalid(name, 'is no limit that this release knows');
  }
  const limits = { ...DEFAULT_LIMITS, ...given };
  const clientFrameBytesMax =
    given.clientFrameBytesMax ??
    Math.max(limits.clientFrameBytesMax, limits.valueBytesMax + FRAME_SLACK_BYTES);
  const peerFrameBytesMin = 2 * clientFrameBytesMax + limits.peerBatchBytesMax + limits.appendBytesMax;
  const peerFrameBytesMax = given.peerFrameBytesMax ?? Math.max(limits.peerFrameBytesMax, peerFrameBytesMin);
  return { ...limits, clientFrameBytesMax, peerFrameBytesMax };
}

/** Room in a frame for what surrounds a value: its key, and the fields around both. */
const FRAME_SLACK_BYTES = 512 * KIB;

const SEGMENT_UNIT_BYTES = 4 * KIB;
const SEGMENT_BYTES_MIN = 64 * KIB;

function checkLimits(limits: NodeLimits): void {
  for (const [name, value] of Object.entries(limits)) checkCount(name, value);
  const frameBytesMin = limits.valueBytesMax + FRAME_SLACK_BYTES;
  if (limits.clientFrameBytesMax < frameBytesMin) {
    throw invalid('clientFrameBytesMax', `must be at least ${frameBytesMin}, to hold a value`);
  }
  const entryBytesMax = 2 * limits.clientFrameBytesMax;
  if (limits.peerFrameBytesMax < entryBytesMax + limits.peerBatchBytesMax + limits.appendBytesMax) {
    throw invalid('peerFrameBytesMax', 'must hold a batch and an entry of the largest client frame');
  }
  if (limits.watchesPerConnectionMax > WATCHES_PER_FRAME_MAX) {
    throw invalid('watchesPerConnectionMax', `must be at most ${WATCHES_PER_FRAME_MAX}`);
  }
  if (limits.bufferedBytesMax <= limits.bufferedBytesLow) {
    throw invalid('bufferedBytesMax', 'must be above bufferedBytesLow');
  }
  if (limits.logSegmentBytes % SEGMENT_UNIT_BYTES !== 0 || limits.logSegmentBytes < SEGMENT_BYTES_MIN) {
    throw invalid('logSegmentBytes', `must be a multiple of 4 KiB, at least ${SEGMENT_BYTES_MIN}`);
  }
  if (limits.redialMsMax < limits.redialMsMin) throw invalid('redialMsMax', 'must not be below redialMsMin');
  if (limits.logEntriesKept >= limits.logEntriesMax) {
    throw invalid('logEntriesKept', 'must be below logEntriesMax');
  }
}

function checkCount(name: string, value: unknown): void {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 1) {
    throw invalid(name, 'must be a whole number, 1 or more');
  }
}

function invalid(setting: string, why: string): StoreError {
  return new StoreError('CONFIG_INVALID', `${setting} ${why}`);
}
