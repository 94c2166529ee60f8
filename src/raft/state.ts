import { assert } from '../base/assert.ts';
import type { Index, NodeId, Term } from '../base/flavor.ts';
import type { Random } from '../base/random.ts';
import { Clock } from './clock.ts';
import type { RaftConfig } from './config.ts';
import type { Configuration } from './configuration.ts';
import { Configurations } from './configurations.ts';
import type { PlacedConfiguration } from './configurations.ts';
import type { Entry, HardState, Position } from './entry.ts';
import { ForwardedReads } from './forwarded-reads.ts';
import type { Lease } from './lease.ts';
import type { Log } from './log.ts';
import { LogWriter } from './log-writer.ts';
import type { Membership } from './membership.ts';
import type { SnapshotRequest, SnapshotResponse } from './message.ts';
import { Outbox } from './outbox.ts';
import type { Progress } from './progress.ts';
import type { ReadRounds } from './read-index.ts';
import type { ReadyRead } from './ready.ts';
import { type DamagedLog, Repair } from './repair.ts';
import { VoteLock } from './vote-lock.ts';

/** Takes what a leader says, and waits for its silence. */
export interface Following {
  readonly kind: 'follower';
  /** Whom this node heard as leader of the present term. */
  readonly leader: NodeId | undefined;
}

/** Asks for votes: a pre-candidate whether it would win, a candidate in earnest. */
export interface Campaigning {
  readonly kind: 'pre-candidate' | 'candidate';
  /** Each member's first answer; later ones do not count. */
  readonly votes: Map<NodeId, boolean>;
}

/** A leadership on its way to another node (thesis, section 3.10). */
export interface Transfer {
  readonly to: NodeId;
  /** Until this leader takes proposals again. */
  ticksLeft: number;
  /** The target was told to campaign. */
  isTold: boolean;
}

/** What only a leader has to remember; gone with the leadership. */
export interface Leading {
  readonly kind: 'leader';
  /** One for every other member, and for a while for those that just ceased to be one. */
  readonly followers: Map<NodeId, Progress>;
  readonly reads: ReadRounds;
  readonly lease: Lease;
  /** Who answered since the quorum was last checked. */
  heard: Set<NodeId>;
  /** Who answered before that, since the check before; at first, whoever answered in the election. */
  heardBefore: ReadonlySet<NodeId>;
  /** While it lasts, no proposals are taken. */
  transfer: Transfer | undefined;
  /** Somebody was told to campaign: from then on, to the end of the term, another may lead at any moment. */
  hasHandedOver: boolean;
  /** Those that are members no more learn it from the log, for so many ticks after it is committed. */
  ticksSinceRemoval: number;
  ticksSinceHeartbeat: number;
  ticksSinceQuorumCheck: number;
  /** The turn ends with a heartbeat to everyone. */
  isHeartbeatDue: boolean;
  /** Followers are told what is committed, even without entries. */
  isNewsDue: boolean;
  /** Of entry data that is not committed. */
  uncommittedBytes: number;
}

export type Part = Following | Campaigning | Leading;

/** What a node begins with. */
export interface RestoredState {
  readonly hardState: HardState;
  readonly log: Log;
  readonly appliedIndex: Index;
  /** As of `appliedIndex`. */
  readonly configuration: PlacedConfiguration;
  /** Entries behind the log were lost. */
  readonly damage: DamagedLog | undefined;
}

/** Where a leader seems to be gone, its voters campaign this part of the spread of election timeouts after each other. */
const TURNS = 16;

/**
 * Everything that one node of the cluster knows, and the few changes of it that every rule shares.
 * The rules themselves are functions over it: follower.ts, candidate.ts, leader.ts, replication.ts.
 */
export class RaftState {
  readonly config: RaftConfig;
  readonly log: Log;
  readonly writer: LogWriter;
  readonly outbox: Outbox = new Outbox();
  readonly clock: Clock;
  readonly voteLock: VoteLock;
  readonly forwardedReads: ForwardedReads;

  part: Part = { kind: 'follower', leader: undefined };
  /** Entries up to here never change (Raft paper, section 5.3). */
  commitIndex: Index;
  /** Entries up to here were handed out, or are in a snapshot that was installed. */
  appliedIndex: Index;
  /** The state lies behind the log's base: entries between are gone, and only a snapshot helps. */
  isStateLost: boolean;
  /** What is lost of the log behind its last entry; undefined if nothing is. */
  #repair: Repair | undefined;

  /** Since the leader was last heard, or since this node last voted or campaigned. */
  ticksWaited = 0;
  /** A follower that has waited this long campaigns. */
  electionTicks = 0;

  reads: ReadyRead[] = [];
  abortedReads: number[] = [];
  snapshotChunks: SnapshotRequest[] = [];
  snapshotResponses: SnapshotResponse[] = [];

  /** How long the disk has had something to write, and finished nothing. */
  #diskTicks = 0;

  readonly #random: Random;
  readonly #configurations: Configurations;
  #hardState: HardState;

  constructor(config: RaftConfig, random: Random, restored: RestoredState) {
    this.config = config;
    this.log = restored.log;
    const { entries } = restored.log;
    this.#configurations = new Configurations(
      restored.configuration,
      entries.filter(({ index }) => index > restored.appliedIndex),
    );
    this.#repair = restored.damage && new Repair(restored.damage);
    this.writer = new LogWriter(restored.log, { fills: this.#repair !== undefined });
    this.#random = random;
    this.#hardState = restored.hardState;
    // Without leases nobody looks at the time.
    this.clock = new Clock(config.clockDriftMax > 0 ? config.tickMs : 0);
    this.voteLock = new VoteLock(config, { isFresh: restored.hardState.term === 0 });
    this.forwardedReads = new ForwardedReads({
      retryTicks: 2 * config.heartbeatTicks,
      ticksMax: config.readTicksMax,
      firstId: () => random.integer(1, 2 ** 31),
    });
    this.appliedIndex = restored.appliedIndex;
    this.isStateLost = restored.appliedIndex < restored.log.base.index;
    this.commitIndex = Math.max(restored.log.base.index, restored.appliedIndex);
    assert(this.commitIndex <= this.log.lastIndex, 'the state reflects no more than the log holds');
    assert(this.log.last.term <= this.term, 'the term is on the disk before any entry of it');
    this.restartElectionTimer();
  }

  get id(): NodeId {
    return this.config.id;
  }

  get term(): Term {
    return this.#hardState.term;
  }

  get vote(): NodeId | undefined {
    return this.#hardState.vote;
  }

  get leader(): NodeId | undefined {
    switch (this.part.kind) {
      case 'leader':
        return this.id;
      case 'follower':
        return this.part.leader;
      default:
        return undefined;
    }
  }

  /** Who counts, by the newest configuration in the log. */
  get membership(): Membership {
    return this.#configurations.membership;
  }

  get configuration(): PlacedConfiguration {
    return this.#configurations.current;
  }

  get isConfigurationCommitted(): boolean {
    return this.configuration.index <= this.commitIndex;
  }

  /** Whether this node may ever win an election as things stand. */
  get mayCampaign(): boolean {
    // Without its state a node could not tell what the entries before its log did, nor who the members are.
    // With a damaged log it could lead with less than it promised to have.
    const isWhole = !this.isStateLost && this.#repair === undefined;
    return isWhole && !this.isDiskStalled && this.#configurations.mayVote(this.id);
  }

  /** A write hangs: this node can promise nothing, and so neither lead nor vote for itself. */
  get isDiskStalled(): boolean {
    return this.config.diskStallTicks > 0 && this.#diskTicks >= this.config.diskStallTicks;
  }

  /** Time passes for the disk as well. */
  watchDisk(): void {
    this.#diskTicks = this.writer.isBusy ? Math.min(this.#diskTicks + 1, this.config.diskStallTicks) : 0;
  }

  /** The disk did something. */
  written(write: number): void {
    this.writer.written(write);
    this.outbox.written(write);
    this.#diskTicks = 0;
  }

  get repair(): Repair | undefined {
    return this.#repair;
  }

  /** The end of the log as far as this node ever promised to have it: votes are judged by that. */
  get lastPromised(): Position {
    return this.#repair?.anchor ?? this.log.last;
  }

  /** Whether a log that ends at `last` is at least as up to date as this node's (Raft paper, section 5.4.1). */
  isNoNewerThan(last: Position): boolean {
    const isNoNewer = this.log.isNoNewerThan(last);
    const { anchor } = this.#repair ?? { anchor: this.log.base };
    return (
      isNoNewer && (last.term > anchor.term || (last.term === anchor.term && last.index >= anchor.index))
    );
  }

  append(entries: readonly Entry[]): void {
    // What was lost was not committed: the leader has something else there.
    if (this.#repair?.conflictsWith(entries) === true) this.#endRepair();
    this.log.append(entries);
    this.#configurations.appended(entries);
    this.#goOnRepairing();
  }

  /** What was left behind a gap follows, if the gap is filled. */
  #goOnRepairing(): void {
    const found = this.#repair?.takeBehind(this.log.lastIndex) ?? [];
    this.log.append(found);
    this.#configurations.appended(found);
    if (this.#repair !== undefined && this.log.lastIndex >= this.#repair.anchor.index) this.#endRepair();
  }

  #endRepair(): void {
    this.#repair = undefined;
    this.writer.stopFilling();
  }

  truncateFrom(index: Index): void {
    assert(index > this.commitIndex, 'what is committed is never truncated');
    if (this.#repair !== undefined) this.#endRepair();
    this.writer.truncateFrom(index);
    this.#configurations.truncatedFrom(index);
  }

  /** The state is as of `snapshot` now, and so is the configuration; the log may go on behind it. */
  installed(snapshot: Position, configuration: Configuration): void {
    const keepsLog = this.log.has(snapshot);
    if (!keepsLog) {
      assert(snapshot.index > this.commitIndex, 'a committed entry is the same everywhere');
      if (this.#repair?.had(snapshot) === false) this.#endRepair();
      this.writer.reset(snapshot);
    }
    this.#configurations.installed({ index: snapshot.index, configuration }, { keepsLog });
    this.isStateLost = false;
    this.appliedIndex = snapshot.index;
    this.commitTo(Math.max(this.commitIndex, snapshot.index));
    this.#goOnRepairing();
  }

  /** Moves to a later term, in which this node has voted for nobody or, just now, for `vote`. */
  enterTerm(term: Term, vote: NodeId | undefined): void {
    assert(term > this.term, 'terms never go back');
    this.outbox.forgetPromises();
    this.#setHardState({ term, vote });
  }

  /** One vote a term, first come first served (Raft paper, section 5.2). */
  castVote(vote: NodeId): void {
    assert(this.vote === undefined || this.vote === vote, 'a node votes once in a term');
    if (this.vote === undefined) this.#setHardState({ term: this.term, vote });
  }

  /** Leaves whatever part it had. */
  follow(leader: NodeId | undefined): void {
    if (this.part.kind === 'leader') {
      this.abortedReads.push(...this.part.reads.abort());
      this.snapshotResponses = [];
    }
    this.part = { kind: 'follower', leader };
    this.restartElectionTimer();
  }

  /** Randomised anew each time, so that split votes are rare and do not repeat (Raft paper, section 5.2). */
  restartElectionTimer(): void {
    this.ticksWaited = 0;
    this.electionTicks = this.#random.integer(this.config.electionTicksMin, this.config.electionTicksMax);
  }

  /**
   * The leader seems to be gone: this node waits for no longer than it must, and than it takes those to be
   * elected that come before it. In turns, so that no votes are split.
   */
  hurryElection(rank: number): void {
    const { electionTicksMin, electionTicksMax } = this.config;
    const apart = Math.ceil((electionTicksMax - electionTicksMin) / TURNS);
    this.electionTicks = Math.min(this.electionTicks, electionTicksMin + 1 + rank * apart);
  }

  commitTo(index: Index): void {
    assert(index <= this.log.lastIndex, 'what is committed is in the log');
    assert(index >= this.commitIndex, 'what is committed stays committed');
    this.commitIndex = index;
    this.#configurations.committedTo(index);
  }

  /** Entries up to here may be handed out. */
  get appliableIndex(): Index {
    return this.isStateLost ? this.appliedIndex : Math.min(this.commitIndex, this.writer.stableIndex);
  }

  /** Whether a snapshot as of `position` brings this node further. */
  needsSnapshot(position: Position): boolean {
    return this.isStateLost ? position.index >= this.log.base.index : position.index > this.commitIndex;
  }

  /** The start of every message to `to`. */
  envelope(to: NodeId): { readonly from: NodeId; readonly to: NodeId; readonly term: Term } {
    return { from: this.id, to, term: this.term };
  }

  #setHardState(hardState: HardState): void {
    this.#hardState = hardState;
    this.writer.setHardState(hardState);
  }
}
