/**
 * A whole node without its edges: Raft, the machines, and everyone who waits for an answer.
 *
 * One synchronous `turn(inputs)` takes all that happened since the last one and gives all that is
 * to be done: what to write, to send, to answer. All commands of a turn become one append, one
 * write and one message per follower: that is the group commit. A write on its way to the disk
 * does not hold up the next turn; `written` tells when it got there.
 *
 * A put comes in as a command, is stamped and proposed, comes back from Raft as committed once a
 * majority holds it on disk, is applied, and answered. A linearizable get waits until Raft has
 * confirmed, with one round of heartbeats for all gets of the turn, that this node still leads, or
 * has asked the leader to do so; then the state answers it.
 */
import { assert, unreachable } from '../base/assert.ts';
import type { Codec } from '../base/codec.ts';
import type { Digest } from '../base/digest.ts';
import type { NodeId } from '../base/flavor.ts';
import type { Random } from '../base/random.ts';
import { NO_STAGES, type StageClock } from '../base/stages.ts';
import { decodeLogged } from '../machine/logged-command.ts';
import type { RecordTree } from '../machine/record-tree.ts';
import { readMembers, writeMembers } from '../machine/root-members.ts';
import { readVersion } from '../machine/root-version.ts';
import { CLOCK, type Root } from '../machine/root.ts';
import { decodeConfiguration } from '../raft/configuration-codec.ts';
import { type Configuration, wasRemoved } from '../raft/configuration.ts';
import type { Entry, Position } from '../raft/entry.ts';
import type { Message, SnapshotRequest } from '../raft/message.ts';
import type { RaftInspection } from '../raft/inspection.ts';
import { Raft } from '../raft/raft.ts';
import type { LogWrite, Ready } from '../raft/ready.ts';
import { Audits } from './audits.ts';
import type { ReplicaConfig } from './config.ts';
import { historySource } from './history-source.ts';
import type { Input, Now, ReplicaStatus } from './input.ts';
import { Leadership } from './leadership.ts';
import { LogUpkeep } from './log-upkeep.ts';
import type { Contradicted, Output, Reply, StageStep, StateReplacement, StateWrite } from './output.ts';
import { PendingChanges } from './pending-changes.ts';
import { Proposals } from './proposals.ts';
import { type RaftStatus, raftStatus } from './raft-status.ts';
import { queryReply, Reads } from './reads.ts';
import type { Restored } from './restored.ts';
import { receivedBytesMax, SnapshotReceiver } from './snapshot-receiver.ts';
import { Snapshots } from './snapshots.ts';
import { StateWrites } from './state-writes.ts';
import { Versions } from './versions.ts';
import { type HistorySource, WatchHub } from './watch-hub.ts';

export interface ReplicaOptions {
  readonly config: ReplicaConfig;
  readonly root: Root;
  readonly codec: Codec;
  readonly digest: Digest;
  readonly random: Random;
  readonly restored: Restored;
  /** Nobody asks how long the stages take unless told. */
  readonly stages?: StageClock;
}

export class Replica {
  readonly #config: ReplicaConfig;
  readonly #root: Root;
  readonly #codec: Codec;
  readonly #stages: StageClock;
  readonly #raft: Raft;
  readonly #leadership: Leadership;
  readonly #changes: PendingChanges;
  readonly #audits: Audits;
  readonly #versions: Versions;
  readonly #proposals: Proposals;
  readonly #reads: Reads;
  readonly #watches: WatchHub;
  readonly #snapshots: Snapshots;
  readonly #receiver: SnapshotReceiver;
  readonly #upkeep: LogUpkeep;
  readonly #stateWrites: StateWrites;
  readonly #history: HistorySource;
  #tree: RecordTree;
  #applied: Position;
  #committed: Configuration;
  #replacement: StateReplacement | undefined;
  readonly #stage: StageStep[] = [];
  // What this turn gathers.
  #now: Now = { monotonicMs: 0, wallMs: 0 };
  #replies: Reply[] = [];
  #send: Message[] = [];
  readonly #contradictions: Contradicted[] = [];

  constructor({ config, root, codec, digest, random, restored, stages = NO_STAGES }: ReplicaOptions) {
    this.#config = config;
    this.#root = root;
    this.#codec = codec;
    this.#stages = stages;
    this.#tree = restored.tree;
    this.#tree.track();
    this.#applied = restored.applied;
    const { hardState, base, entries, applied, damage } = restored;
    const members = readMembers(this.#tree);
    const configuration = members === undefined ? restored.configuration : decodeConfiguration(members);
    this.#raft = new Raft(config.raft, random, {
      hardState,
      base,
      entries,
      appliedIndex: applied.index,
      ...(damage === undefined ? {} : { damage }),
      configuration,
      configurationIndex: members === undefined ? 0 : applied.index,
    });
    this.#committed = configuration;
    const raft = this.#raft;
    const leadership = new Leadership(raft, config.raft.electionTicksMin);
    this.#leadership = leadership;
    const versions = new Versions(config.raft.id, config.protocol, raft, () => readVersion(this.#tree));
    this.#versions = versions;
    this.#changes = new PendingChanges(raft, config.raft.electionTicksMax, versions);
    const audits = new Audits(config, raft);
    this.#audits = audits;
    this.#proposals = new Proposals({ config, root, codec, raft, leadership, audits, versions, stages });
    this.#reads = new Reads(config, raft);
    this.#watches = new WatchHub(config);
    this.#snapshots = new Snapshots(config, codec, digest);
    this.#upkeep = new LogUpkeep(config, raft, this.#snapshots);
    const packing = { codec, openRecordsMax: config.stateOpenRecordsMax };
    this.#receiver = new SnapshotReceiver({ packing, digest, bytesMax: receivedBytesMax(config) });
    this.#stateWrites = new StateWrites(config, restored.applied);
    this.#history = historySource(root, () => this.#tree);
  }

  /**
   * All that happened since the last turn, in the order in which it happened; all that is to be done
   * about it. `now` was read after all of it had happened: leases rest on that.
   */
  turn(inputs: readonly Input[], now: Now): Output {
    this.#now = now;
    this.#raft.tellTime(now.monotonicMs);
    for (const input of inputs) this.#take(input);
    this.#followLeadership();
    this.#replies.push(...this.#proposals.propose(this.#tree, this.#applied.index, now));
    if (!this.#leadership.isOnItsWay) this.#replies.push(...this.#reads.ask(now.monotonicMs));
    const ready = this.#ready();
    this.#followSnapshots(ready);
    this.#followLeadership();
    this.#answerQueries(ready);
    this.#leadership.noteHandover();
    const revision = (): number => this.#root.revision(this.#tree);
    this.#replies.push(...this.#changes.takeTransferred(revision, this.#applied.index));
    return this.#output(ready);
  }

  /** There is more to do, without any new input. */
  get hasMore(): boolean {
    return this.#raft.hasReady || this.#watches.hasMore || this.#snapshots.hasMore;
  }

  /** Followers could be told of what is committed: `tell-news`. If nobody asks, the next commands or the next tick do. */
  get hasNews(): boolean {
    return this.#raft.hasNews;
  }

  /** What is to be stored before the node stops, so that its next start need not replay the log; there are no more turns. */
  takeState(): StateWrite | undefined {
    return this.#stateWrites.take(this.#tree, this.#applied, true);
  }

  /** What the log lets go of once all that is on stable storage. */
  compactLog(): LogWrite | undefined {
    this.#upkeep.synced(this.#stateWrites.writtenIndex);
    return this.#raft.ready().write;
  }

  /** For people and health checks. */
  status(): ReplicaStatus {
    const raft = this.#raft;
    return {
      protocol: this.#versions.own,
      clusterVersion: this.#versions.cluster,
      appliedIndex: this.#applied.index,
      divergences: this.#audits.divergences,
      revision: this.#root.revision(this.#tree),
      compactedRevision: this.#root.compactedRevision(this.#tree),
      sessions: this.#root.sessions(this.#tree),
      watches: this.#watches.size,
      stateBytes: this.#tree.bytes,
      serving: this.#leadership.isServing,
      receiving: this.#receiver.progress,
      members: raft.members.map((member) => this.#snapshots.withProgress(member)),
      ...raftStatus(raft),
    };
  }

  /** What of that Raft knows, for those who ask often. */
  readonly raftStatus = (): RaftStatus => raftStatus(this.#raft);

  /** Who makes up the cluster, by the newest entry of this node's log, committed or not. */
  get configuration(): Configuration {
    return this.#raft.configuration;
  }

  /** The same by the newest entry that is committed, and applied here. */
  get committedConfiguration(): Configuration {
    return this.#committed;
  }

  /** Who leads, as far as this node has heard. */
  get leader(): NodeId | undefined {
    return this.#raft.leader;
  }

  /** For checkers and tests: never to be changed. */
  inspect(): RaftInspection {
    return this.#raft.inspect();
  }

  /** For checkers and tests: never to be changed. */
  get records(): RecordTree {
    return this.#tree;
  }

  #take(input: Input): void {
    switch (input.kind) {
      case 'tick':
        return this.#tick();
      case 'message':
        return this.#receive(input.message);
      case 'command':
        return this.#answerAtOnce(this.#proposals.take(input, this.#tree));
      case 'query':
        return this.#answerAtOnce(this.#reads.take(input, this.#now.monotonicMs));
      case 'change-members':
      case 'leave-joint':
        return this.#answerAtOnce(
          this.#changes.change(input.caller, input.kind === 'leave-joint' ? undefined : input.change),
        );
      case 'transfer':
        return this.#answerAtOnce(this.#changes.transfer(input.caller, input.to));
      case 'watch':
        return this.#watches.open(input, this.#history);
      case 'watch-pause':
      case 'watch-resume':
        return this.#watches.pause(input.watch, input.kind === 'watch-pause');
      case 'unwatch':
        return this.#watches.close(input.watch);
      case 'written':
        return this.#raft.written(input.write);
      case 'staged':
        return this.#staged(input.id);
      case 'peer-version':
        return this.#versions.heard(input.peer, input.version);
      case 'room':
        return this.#proposals.roomChanged(input.room);
      case 'peer-lost':
        return this.#raft.peerLost(input.peer);
      case 'tell-news':
        return this.#raft.tellNews();
      case 'state-synced':
        return this.#upkeep.synced(input.index);
      default:
        return unreachable(input);
    }
  }

  #answerAtOnce(reply: Reply | undefined): void {
    if (reply !== undefined) this.#replies.push(reply);
  }

  #receive(message: Message): void {
    if (message.kind === 'state-hash') return this.#audits.heard(message);
    const contradiction = this.#raft.step(message);
    if (contradiction !== undefined) this.#contradictions.push({ from: message.from, ...contradiction });
  }

  #tick(): void {
    this.#proposals.letOtherLead();
    this.#send.push(...this.#audits.tick());
    this.#raft.tick();
    this.#changes.tick();
    this.#leadership.tick();
    this.#stateWrites.tick();
    for (const to of this.#snapshots.tick()) this.#raft.snapshotFailed(to);
    this.#replies.push(...this.#reads.tick());
  }

  /** Where leadership is lost, everyone who waited for it is answered; who did not get into the log can ask elsewhere. */
  #followLeadership(): void {
    if (this.#leadership.follow().hasEnded) {
      this.#replies.push(...this.#proposals.abort(), ...this.#changes.abort(this.#raft.leader));
      this.#snapshots.clear();
    }
    if (!this.#leadership.isOpen) this.#replies.push(...this.#proposals.sendAway(this.#raft.leader));
  }

  #apply(entry: Entry): void {
    assert(entry.index === this.#applied.index + 1, 'entries are applied in order, each once');
    assert(entry.term >= this.#applied.term, 'terms never go back along the log');
    this.#applied = { index: entry.index, term: entry.term };
    if (entry.kind === 'noop') {
      return this.#leadership.noopApplied(entry.term, this.#root.logTimeMs(this.#tree), this.#now);
    }
    if (entry.kind === 'configuration') return this.#applyConfiguration(entry);
    const logged = decodeLogged(this.#codec, entry.data);
    const outcome = this.#root.apply(this.#tree, logged, this.#applied);
    if (logged.machine === CLOCK) this.#leadership.isClockProposed = false;
    this.#audits.applied(logged, entry.index, () => this.#tree.sweep(this.#codec));
    this.#answerAtOnce(this.#proposals.applied(entry, outcome));
  }

  /** What Raft wants done, after it was done to the state what is committed. */
  #ready(): Ready {
    const sinceMs = this.#stages.nowMs();
    const ready = this.#raft.ready();
    if (ready.committed.length === 0) return ready;
    this.#stages.ended('commit', sinceMs);
    this.#proposals.committed(ready.committed.at(-1)?.index ?? 0);
    const appliesMs = this.#stages.nowMs();
    for (const entry of ready.committed) if (!this.#versions.isOutdated) this.#apply(entry);
    this.#stages.ended('apply', appliesMs);
    return ready;
  }

  #applyConfiguration(entry: Entry): void {
    const configuration = decodeConfiguration(entry.data);
    // A copy: the entry may be a part of a frame that brought many.
    writeMembers(this.#tree, entry.data.slice());
    this.#committed = configuration;
    this.#answerAtOnce(this.#changes.applied(entry, configuration, this.#root.revision(this.#tree)));
  }

  #followSnapshots(ready: Ready): void {
    for (const to of ready.snapshotsWanted) {
      if (this.#snapshots.isUnderWay(to, this.#raft.firstIndex)) continue;
      this.#snapshots.start(to, this.#raft.term, this.#applied, this.#tree.view());
    }
    for (const response of ready.snapshotResponses) this.#snapshots.answered(response);
    this.#snapshots.keep((to) => this.#raft.awaitsSnapshot(to));
    if (this.#raft.role === 'leader') {
      this.#send.push(...this.#snapshots.take(this.#now.monotonicMs, this.#raft));
    }
    for (const chunk of ready.snapshotChunks) this.#receiveChunk(chunk);
    const staged = this.#receiver.position;
    const isNeedless = this.#raft.role === 'leader' || (staged?.index ?? Infinity) <= this.#applied.index;
    if (staged !== undefined && isNeedless) this.#stage.push(...this.#receiver.drop());
  }

  #receiveChunk(chunk: SnapshotRequest): void {
    if (chunk.snapshot.index <= this.#applied.index) return;
    const { response, steps, complete } = this.#receiver.receive(chunk);
    this.#stage.push(...steps);
    if (response !== undefined) this.#send.push(response);
    if (complete === undefined) return;
    const { tree, position } = complete;
    tree.track();
    this.#tree = tree;
    this.#applied = position;
    this.#replacement = { applied: position };
    this.#stateWrites.replaced(position);
    const members = readMembers(tree);
    const configuration = members === undefined ? this.#raft.configuration : decodeConfiguration(members);
    this.#committed = configuration;
    this.#raft.installSnapshot(position, configuration);
  }

  #staged(id: number): void {
    const response = this.#receiver.stored(id);
    if (response !== undefined) this.#send.push(response);
  }

  #answerQueries(ready: Ready): void {
    this.#replies.push(...this.#reads.confirm(ready));
    for (const { query, staleMs } of this.#reads.takeDue(this.#applied.index, this.#now.monotonicMs)) {
      const outcome = this.#root.query(this.#tree, query.machine, query.body);
      this.#replies.push(queryReply(query, outcome, this.#applied.index, staleMs, this.#raft.leader));
    }
  }

  #output(ready: Ready): Output {
    const send = this.#send.length === 0 ? ready.send : [...ready.send, ...this.#send];
    const replies = this.#replies;
    const replaceState = this.#replacement;
    this.#send = [];
    this.#replies = [];
    this.#replacement = undefined;
    const syncState = this.#upkeep.startSync(this.#applied.index);
    return {
      write: ready.write,
      state: this.#stateWrites.take(this.#tree, this.#applied, syncState),
      stage: this.#stage.splice(0),
      replaceState,
      syncState,
      send,
      replies,
      watches: this.#watches.deliver(this.#history),
      contradictions: this.#contradictions.splice(0),
      divergence: this.#audits.own,
      configuration: ready.configuration,
      outdated: this.#versions.isOutdated,
      removed: this.#raft.role !== 'leader' && wasRemoved(this.#committed, this.#config.raft.id),
    };
  }
}
