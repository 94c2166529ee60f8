/**
 * Raft, as a thing without clock, network or disk.
 *
 * One `Raft` is one member of the cluster. What happens outside comes in as a call: `tick` (time
 * passed), `step` (a message came), `propose` and `readIndex` (the replica wants something),
 * `written` (a write is on the disk). What must happen outside is collected, and comes out of `ready`
 * all at once: what to write, what to send, what is committed. The caller takes in all there is, calls
 * `ready` once, does what it says, and goes on; it need not wait for the disk in between, since
 * messages that depend on a write are held here until `written` tells that it is there.
 *
 * The rules follow Diego Ongaro's dissertation, "Consensus: Bridging Theory and Practice" (2014, "the
 * thesis"), and "In Search of an Understandable Consensus Algorithm" (Ongaro and Ousterhout, "the Raft
 * paper"). Read on in this order: entry.ts and message.ts (the words), step.ts, follower.ts, candidate.ts,
 * leader.ts, replication.ts and reads.ts (the rules), configuration.ts, reconfiguration.ts and transfer.ts
 * (who takes part, and how that changes), membership.ts, quorum.ts, progress.ts and read-index.ts (what
 * they count with), log.ts, log-writer.ts and outbox.ts (what is known, what is on the disk, what may leave).
 */
import { assert } from '../base/assert.ts';
import type { Index, NodeId, Term } from '../base/flavor.ts';
import type { Random } from '../base/random.ts';
import { campaign, onCandidateWritten } from './candidate.ts';
import type { RaftConfig } from './config.ts';
import type { Configuration, ConfigurationChange } from './configuration.ts';
import type { Entry, HardState, Position } from './entry.ts';
import { forgetLeader, installSnapshot, onPeerLost } from './follower.ts';
import { type Contradiction, contradictionOf } from './contradiction.ts';
import { Inspection, type RaftInspection, type Role } from './inspection.ts';
import { advanceCommit, broadcastHeartbeats, hasRoomFor, tickLeader } from './leader.ts';
import { Log } from './log.ts';
import { memberStatuses, type MemberStatus } from './member-status.ts';
import type { Message } from './message.ts';
import { appendOwn, hasCommittedOwnTerm } from './own-entries.ts';
import type { Ready } from './ready.ts';
import { askReadIndex, isQuestionDue, openReadRound, sendQuestions, type ReadAccepted } from './reads.ts';
import { type ChangeAnswer, changeMembers, endJoint, recordConfiguration } from './reconfiguration.ts';
import { broadcastAppends, hasNews, isAppendDue, isSnapshotDue, takeSnapshotsWanted } from './replication.ts';
import { type DamagedLog, tickRepair } from './repair.ts';
import { RaftState } from './state.ts';
import type { Leading } from './state.ts';
import { step } from './step.ts';
import { continueTransfer, isTimeoutNowDue, type TransferAnswer, transferLeadership } from './transfer.ts';

/** What a node found on its disk. */
export interface RestoredLog {
  readonly hardState: HardState;
  /** The place before the first entry. */
  readonly base: Position;
  readonly entries: readonly Entry[];
  /** The state reflects the log up to here; below `base.index` if the state was lost; never beyond the last entry. */
  readonly appliedIndex: Index;
  /** As of `appliedIndex`; newer ones are found in the log. */
  readonly configuration: Configuration;
  /** Entries behind these are lost; absent if none are. */
  readonly damage?: DamagedLog;
  /** A place at or before `appliedIndex` where that configuration held already; 0 if it never was in the log. */
  readonly configurationIndex: Index;
}

export type Proposed =
  | { readonly kind: 'accepted'; readonly firstIndex: Index; readonly term: Term }
  | { readonly kind: 'refused'; readonly code: 'NOT_LEADER' | 'TOO_BUSY' };

export class Raft {
  readonly #state: RaftState;
  readonly #inspection: RaftInspection;
  /** As it was told last. */
  #told: Configuration;

  constructor(config: RaftConfig, random: Random, restored: RestoredLog) {
    const { hardState, base, entries, appliedIndex, configuration, configurationIndex } = restored;
    this.#state = new RaftState(config, random, {
      hardState,
      log: new Log(base, entries, config.logPackEntries),
      appliedIndex,
      configuration: { index: configurationIndex, configuration },
      damage: restored.damage,
    });
    this.#inspection = new Inspection(this.#state);
    this.#told = this.configuration;
  }

  get role(): Role {
    return this.#state.part.kind;
  }

  get term(): Term {
    return this.#state.term;
  }

  /** Who leads the present term, as far as this node has heard. */
  get leader(): NodeId | undefined {
    return this.#state.leader;
  }

  get commitIndex(): Index {
    return this.#state.commitIndex;
  }

  /** Of the oldest entry that is not compacted; one behind `lastIndex` if there is none. */
  get firstIndex(): Index {
    return this.#state.log.base.index + 1;
  }

  get lastIndex(): Index {
    return this.#state.log.lastIndex;
  }

  /** Entries that are not compacted. */
  get logEntries(): number {
    return this.#state.log.length;
  }

  /** Bytes of their data. */
  get logBytes(): number {
    return this.#state.log.bytes;
  }

  /** The end of the log as it was, while entries before it are lost: this node never leads. */
  get damagedTo(): Index | undefined {
    return this.#state.repair?.anchor.index;
  }

  /** The state does not reach up to the log's base; it waits for a snapshot, and never leads. */
  get isStateLost(): boolean {
    return this.#state.isStateLost;
  }

  /**
   * What the node's monotonic clock says, in ms of any zero: before anything else of a turn, and read
   * after all came in that the turn looks at.
   */
  tellTime(monotonicMs: number): void {
    const { clock, part } = this.#state;
    clock.tell(monotonicMs);
    if (part.kind === 'leader') part.lease.turn(clock.nowMs);
  }

  /** Who makes up the cluster, by the newest entry of this log that says so, committed or not. */
  get configuration(): Configuration {
    return this.#state.configuration.configuration;
  }

  /** The members one by one; a leader knows how far each of them is. */
  get members(): readonly MemberStatus[] {
    return memberStatuses(this.#state);
  }

  /** Another node is about to lead: no proposals are taken. */
  get isTransferring(): boolean {
    const { part } = this.#state;
    return part.kind === 'leader' && part.transfer !== undefined;
  }

  /** In this term, this leader told another node to take over. */
  get hasHandedOver(): boolean {
    const { part } = this.#state;
    return part.kind === 'leader' && part.hasHandedOver;
  }

  /** One unit of time passed. */
  tick(): void {
    const state = this.#state;
    state.clock.tick();
    state.watchDisk();
    state.abortedReads.push(...state.forwardedReads.tick());
    if (state.part.kind === 'leader') {
      tickLeader(state, state.part);
      return;
    }
    if (state.repair !== undefined) tickRepair(state, state.repair);
    state.ticksWaited += 1;
    for (const question of state.voteLock.takeHeld(state.clock.nowMs)) step(state, question);
    const mayCampaign = !state.voteLock.isHeld(state.clock.nowMs);
    if (mayCampaign && state.ticksWaited >= state.electionTicks) campaign(state);
  }

  /**
   * A message came. One for another node changes nothing; nor does one that cannot be true: what speaks
   * against it is given back.
   */
  step(message: Message): Contradiction | undefined {
    const contradiction = contradictionOf(this.#state, message);
    if (contradiction === undefined) step(this.#state, message);
    return contradiction;
  }

  /** Appends commands to the log, if this node leads. They are committed, or not, later. */
  propose(payloads: readonly Uint8Array[]): Proposed {
    const { part, term } = this.#state;
    if (part.kind !== 'leader') return { kind: 'refused', code: 'NOT_LEADER' };
    if (part.transfer !== undefined) return { kind: 'refused', code: 'TOO_BUSY' };
    let bytes = 0;
    for (const payload of payloads) bytes += payload.length;
    if (!hasRoomFor(this.#state, part, bytes)) return { kind: 'refused', code: 'TOO_BUSY' };
    return { kind: 'accepted', firstIndex: appendOwn(this.#state, part, 'command', payloads), term };
  }

  /**
   * Begins a change of the members. It counts from now on, and is done once the configuration in
   * force is no joint one, and committed.
   */
  changeMembers(change: ConfigurationChange): ChangeAnswer {
    const { part } = this.#state;
    return part.kind === 'leader' ? changeMembers(this.#state, part, change) : notLeader();
  }

  /** Ends the joint phase of a change with an `explicit` transition. */
  leaveJoint(): ChangeAnswer {
    const { part } = this.#state;
    return part.kind === 'leader' ? endJoint(this.#state, part) : notLeader();
  }

  /** Writes the configuration of a new cluster into its log, if this node leads and no entry has it yet. */
  recordConfiguration(): void {
    const { part } = this.#state;
    if (part.kind === 'leader') recordConfiguration(this.#state, part);
  }

  /** Begins to hand the leadership over; to the most up-to-date voter if none is named. */
  transferLeadership(to?: NodeId): TransferAnswer {
    const { part } = this.#state;
    return part.kind === 'leader' ? transferLeadership(this.#state, part, to) : notLeader();
  }

  /**
   * Asks from which index on a read is linearizable; answered by `Ready.reads` or `Ready.abortedReads`.
   * With `lease`, the leader's lease will do, if it has one (see lease.ts for what that rests on).
   */
  readIndex(id: number, how: { readonly lease: boolean } = { lease: false }): ReadAccepted {
    return askReadIndex(this.#state, id, how);
  }

  /** The log write of this id, and every one before it, is on stable storage. */
  written(write: number): void {
    const state = this.#state;
    state.written(write);
    if (state.part.kind === 'candidate') onCandidateWritten(state, state.part);
    if (state.part.kind === 'leader') advanceCommit(state, state.part);
  }

  /** The state on disk reflects everything up to `to`: those entries are dropped, as far as they are on this disk. */
  compact(to: Index): void {
    const { writer, log, appliedIndex } = this.#state;
    const stable = Math.min(to, writer.stableIndex);
    if (stable <= log.base.index) return;
    assert(to <= appliedIndex, 'only what is in the state is compacted');
    writer.compact(stable);
  }

  /**
   * The state was replaced, on disk, by a snapshot as of `snapshot`. It brings the state forward: its
   * index is above `commitIndex`, or not below the log's base if the state was lost.
   *
   * @param configuration - as of the snapshot; one that the log holds behind it goes on to count
   */
  installSnapshot(snapshot: Position, configuration: Configuration): void {
    installSnapshot(this.#state, snapshot, configuration);
  }

  /** The snapshot that `Ready.snapshotsWanted` asked for does not reach this follower; it is probed anew. */
  snapshotFailed(to: NodeId): void {
    const { part } = this.#state;
    if (part.kind === 'leader') part.followers.get(to)?.snapshotFailed();
  }

  /** Whether this leader waits for a snapshot to reach the follower. */
  awaitsSnapshot(follower: NodeId): boolean {
    const { part } = this.#state;
    return part.kind === 'leader' && part.followers.get(follower)?.kind === 'snapshot';
  }

  /**
   * A follower that has reason to take its leader for dead listens to campaigns from now on; not where
   * leaders take leases, which rest on its not doing so.
   */
  forgetLeader(): void {
    forgetLeader(this.#state);
  }

  /** The connection to a peer broke. */
  peerLost(peer: NodeId): void {
    onPeerLost(this.#state, peer);
  }

  /** Campaigns now, without waiting for the leader's silence. */
  campaign(): void {
    campaign(this.#state);
  }

  /** Some follower has not been told yet of all that is committed: see `RaftConfig.holdsNews`. */
  get hasNews(): boolean {
    const { part } = this.#state;
    return part.kind === 'leader' && hasNews(this.#state, part);
  }

  /** The next Ready tells it. */
  tellNews(): void {
    const { part } = this.#state;
    if (part.kind === 'leader') part.isNewsDue = true;
  }

  /** Whether `ready` would have something to do. */
  get hasReady(): boolean {
    const state = this.#state;
    return (
      state.writer.isWriteDue ||
      state.outbox.isDue ||
      isQuestionDue(state) ||
      state.appliedIndex < state.appliableIndex ||
      state.reads.length > 0 ||
      state.abortedReads.length > 0 ||
      state.snapshotChunks.length > 0 ||
      state.snapshotResponses.length > 0 ||
      this.configuration !== this.#told ||
      (state.part.kind === 'leader' && isTurnDue(state, state.part))
    );
  }

  /** Everything that is to be done, once. The caller does all of it; the order of the parts does not matter. */
  ready(): Ready {
    const state = this.#state;
    const { part, writer } = state;
    sendQuestions(state);
    if (part.kind === 'leader') {
      openReadRound(state, part);
      broadcastHeartbeats(state, part);
      broadcastAppends(state, part);
    }
    const write = writer.take();
    const committed = this.#takeCommitted();
    if (part.kind === 'leader') continueTransfer(state, part);
    const send = state.outbox.take(writer.lastIssued, writer.lastWritten);
    const snapshotsWanted = part.kind === 'leader' ? takeSnapshotsWanted(state, part) : [];
    const { reads, abortedReads, snapshotResponses } = state;
    // Since a chunk came, the log may have reached what it brings.
    const snapshotChunks = state.snapshotChunks.filter(({ snapshot }) => state.needsSnapshot(snapshot));
    state.reads = [];
    state.abortedReads = [];
    state.snapshotChunks = [];
    state.snapshotResponses = [];
    return {
      write,
      send,
      committed,
      reads,
      abortedReads,
      snapshotsWanted,
      snapshotChunks,
      snapshotResponses,
      configuration: this.#takeConfiguration(),
    };
  }

  inspect(): RaftInspection {
    return this.#inspection;
  }

  #takeConfiguration(): Configuration | undefined {
    const { configuration } = this;
    if (configuration === this.#told) return undefined;
    this.#told = configuration;
    return configuration;
  }

  #takeCommitted(): readonly Entry[] {
    const state = this.#state;
    const to = state.appliableIndex;
    if (state.appliedIndex >= to) return [];
    const limits = { entriesMax: Infinity, bytesMax: state.config.committedBytesMax };
    const committed = state.log.slice(state.appliedIndex + 1, to, limits);
    state.appliedIndex += committed.length;
    state.log.settle(state.appliedIndex);
    return committed;
  }
}

/** Whether the end of a turn would bring something new from this leader. */
function isTurnDue(state: RaftState, leading: Leading): boolean {
  if (leading.isHeartbeatDue) return true;
  if (leading.reads.isRoundDue && hasCommittedOwnTerm(state)) return true;
  if (isTimeoutNowDue(state, leading)) return true;
  for (const [id, progress] of leading.followers) {
    if (isAppendDue(state, leading, id, progress) || isSnapshotDue(state, id, progress)) return true;
  }
  return false;
}

function notLeader(): { readonly kind: 'refused'; readonly code: 'NOT_LEADER'; readonly message: string } {
  return { kind: 'refused', code: 'NOT_LEADER', message: 'this node does not lead' };
}
