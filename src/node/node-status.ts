import type { Index, NodeId } from '../base/flavor.ts';
import { PROTOCOL_VERSION } from '../base/version.ts';
import type { ReplicaStatus } from '../replica/input.ts';
import type { RaftStatus } from '../replica/raft-status.ts';
import type { Alarm, NodeStatus } from '../wire/client-frames.ts';
import type { NodeConfig } from './config.ts';
import type { EventLog } from './event-log.ts';

const NOTHING = {
  role: 'forming',
  term: 0,
  leader: undefined,
  commitIndex: 0,
  appliedIndex: 0,
  firstIndex: 0,
  lastIndex: 0,
  revision: 0,
  compactedRevision: 0,
  sessions: 0,
  watches: 0,
  stateBytes: 0,
} as const;

/** How a node stands; without a replica it is forming. */
export function nodeStatus(
  config: NodeConfig,
  replica: ReplicaStatus | undefined,
  connections: number,
  uptimeMs: number,
  spaceAlarm: Alarm | undefined,
): NodeStatus {
  const { role, term, leader, commitIndex, appliedIndex, firstIndex, lastIndex } = replica ?? NOTHING;
  const { revision, compactedRevision, sessions, watches, stateBytes } = replica ?? NOTHING;
  return {
    nodeId: config.id,
    clusterId: config.clusterId,
    version: config.version,
    protocol: PROTOCOL_VERSION,
    clusterVersion: replica?.clusterVersion ?? 0,
    pid: process.pid,
    role,
    term,
    leader,
    commitIndex,
    appliedIndex,
    firstIndex,
    lastIndex,
    revision,
    compactedRevision,
    sessions,
    watches,
    connections,
    stateBytes,
    uptimeMs: Math.round(uptimeMs),
    alarms: [...alarmsOf(replica), ...(spaceAlarm === undefined ? [] : [spaceAlarm])],
  };
}

function alarmsOf(replica: ReplicaStatus | undefined): readonly Alarm[] {
  const alarms: Alarm[] = [];
  if (replica?.damagedTo !== undefined) {
    const { lastIndex, damagedTo } = replica;
    const message = `entries of the log between ${lastIndex + 1} and ${damagedTo} are damaged; the others are asked for them`;
    alarms.push({ code: 'LOG_CORRUPT', message });
  }
  for (const { node, index } of replica?.divergences ?? []) {
    const message = `the state of node ${node} as of entry ${index} is another one than that of a majority`;
    alarms.push({ code: 'STATE_CORRUPT', message });
  }
  return alarms;
}

/** Looks at a replica once a tick: what changed is logged, and what lasts is noticed. */
export class StatusWatch {
  readonly #log: EventLog;
  readonly #leaderlessTicksMax: number;
  #role: ReplicaStatus['role'] | undefined;
  #leader: NodeId | undefined;
  #leaderlessTicks = 0;
  #damagedTo: Index | undefined;
  /** What was committed when the first leader was seen: a node that has not applied it answers of old. */
  #readyIndex: Index | undefined;

  constructor(log: EventLog, leaderlessTicksMax: number) {
    this.#log = log;
    this.#leaderlessTicksMax = leaderlessTicksMax;
  }

  tick(status: RaftStatus): void {
    const { role, leader, term, lastIndex, commitIndex } = status;
    if (role !== this.#role || leader !== this.#leader) {
      this.#log.info('role', { role, term, leader, lastIndex, commitIndex });
      this.#role = role;
      this.#leader = leader;
    }
    if (this.#damagedTo !== undefined && status.damagedTo === undefined) {
      this.#log.info('log repaired', { lastIndex });
    }
    this.#damagedTo = status.damagedTo;
    this.#leaderlessTicks = leader === undefined ? this.#leaderlessTicks + 1 : 0;
    if (leader !== undefined) this.#readyIndex ??= commitIndex;
  }

  /** There has been no leader for so long that clients should try another node. */
  get leaderless(): boolean {
    return this.#leaderlessTicks > this.#leaderlessTicksMax;
  }

  /** Why the node should get no traffic. */
  notReady(status: ReplicaStatus | undefined): string | undefined {
    if (status?.leader === undefined) return 'there is no leader';
    if (status.damagedTo !== undefined) return `the log is being repaired up to entry ${status.damagedTo}`;
    if (status.role === 'leader')
      return status.serving ? undefined : 'the leader has not applied its first entry yet';
    const readyIndex = this.#readyIndex;
    if (readyIndex === undefined) return 'the leader was not heard of for long enough';
    if (status.appliedIndex >= readyIndex) return undefined;
    return `entries are being applied: ${status.appliedIndex} of ${readyIndex}`;
  }
}
