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
 * leader.ts, replication.ts and reads.ts (the rules), quorum.ts, progress.ts and read-index.ts (what they count
 * with), log.ts, log-writer.ts and outbox.ts (what is known, what is on the disk, what may leave).
 */
import { assert } from '../base/assert.ts';
import type { Index, NodeId, Term } from '../base/flavor.ts';
import type { Random } from '../base/random.ts';
import { campaign, onCandidateWritten } from './candidate.ts';
import type { RaftConfig } from './config.ts';
import type { Entry, HardState, Position } from './entry.ts';
import { installSnapshot } from './follower.ts';
import { Inspection, type RaftInspection, type Role } from './inspection.ts';
import {
  advanceCommit,
  appendOwn,
  broadcastHeartbeats,
  hasCommittedOwnTerm,
  hasRoomFor,
  tickLeader,
} from './leader.ts';
import { Log } from './log.ts';
import type { Message } from './message.ts';
import type { Ready } from './ready.ts';
import { askReadIndex, isQuestionDue, openReadRound, sendQuestions, type ReadAccepted } from './reads.ts';
import { broadcastAppends, isAppendDue, takeSnapshotsWanted } from './replication.ts';
import { RaftState } from './state.ts';
import type { Leading } from './state.ts';
import { step } from './step.ts';

/** What a node found on its disk. */
export interface RestoredLog {
  readonly hardState: HardState;
  /** The place before the first entry. */
  readonly base: Position;
  readonly entries: readonly Entry[];
  /** The state reflects the log up to here; below `base.index` if the state was lost; never beyond the last entry. */
  readonly appliedIndex: Index;
}

export type Proposed =
  | { readonly kind: 'accepted'; readonly firstIndex: Index; readonly term: Term }
  | { readonly kind: 'refused'; readonly code: 'NOT_LEADER' | 'TOO_BUSY' };

export class Raft {
  readonly #state: RaftState;
  readonly #inspection: RaftInspection;

  constructor(config: RaftConfig, random: Random, restored: RestoredLog) {
    const { hardState, base, entries, appliedIndex } = restored;
    this.#state = new RaftState(config, random, { hardState, log: new Log(base, entries), appliedIndex });
    this.#inspection = new Inspection(this.#state);
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
    return this.#state.log.entries.length;
  }

  /** Bytes of their data. */
  get logBytes(): number {
    return this.#state.log.bytes;
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

  /** One unit of time passed. */
  tick(): void {
    const state = this.#state;
    state.clock.tick();
    state.abortedReads.push(...state.forwardedReads.tick());
    if (state.part.kind === 'leader') {
      tickLeader(state, state.part);
      return;
    }
    state.ticksWaited += 1;
    for (const question of state.voteLock.takeHeld(state.clock.nowMs)) step(state, question);
    const mayCampaign = !state.voteLock.isHeld(state.clock.nowMs);
    if (mayCampaign && state.ticksWaited >= state.electionTicks) campaign(state);
  }

  /** A message came. One for another node, or from none of the members, changes nothing. */
  step(message: Message): void {
    step(this.#state, message);
  }

  /** Appends commands to the log, if this node leads. They are committed, or not, later. */
  propose(payloads: readonly Uint8Array[]): Proposed {
    const { part, term } = this.#state;
    if (part.kind !== 'leader') return { kind: 'refused', code: 'NOT_LEADER' };
    let bytes = 0;
    for (const payload of payloads) bytes += payload.length;
    if (!hasRoomFor(this.#state, part, bytes)) return { kind: 'refused', code: 'TOO_BUSY' };
    return { kind: 'accepted', firstIndex: appendOwn(this.#state, part, 'command', payloads), term };
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
    state.writer.written(write);
    state.outbox.written(write);
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
   */
  installSnapshot(snapshot: Position): void {
    installSnapshot(this.#state, snapshot);
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

  /** Campaigns now, without waiting for the leader's silence. */
  campaign(): void {
    campaign(this.#state);
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
    const send = state.outbox.take(writer.lastIssued, writer.lastWritten);
    const committed = this.#takeCommitted();
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
    };
  }

  inspect(): RaftInspection {
    return this.#inspection;
  }

  #takeCommitted(): readonly Entry[] {
    const state = this.#state;
    const to = state.appliableIndex;
    if (state.appliedIndex >= to) return [];
    const limits = { entriesMax: Infinity, bytesMax: state.config.committedBytesMax };
    const committed = state.log.slice(state.appliedIndex + 1, to, limits);
    state.appliedIndex += committed.length;
    return committed;
  }
}

/** Whether the end of a turn would bring something new from this leader. */
function isTurnDue(state: RaftState, leading: Leading): boolean {
  if (leading.isHeartbeatDue) return true;
  if (leading.reads.isRoundDue && hasCommittedOwnTerm(state)) return true;
  for (const progress of leading.followers.values()) {
    if (isAppendDue(state, progress) || progress.isSnapshotDue(state.appliedIndex)) return true;
  }
  return false;
}
