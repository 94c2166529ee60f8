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
import type { Random } from '../base/random.ts';
import { eventsFrom } from '../machine/history.ts';
import { decodeLogged, encodeLogged } from '../machine/logged-command.ts';
import { RecordTree } from '../machine/record-tree.ts';
import { CLOCK, type Root } from '../machine/root.ts';
import type { Entry, Position } from '../raft/entry.ts';
import type { Message, SnapshotRequest } from '../raft/message.ts';
import type { RaftInspection } from '../raft/inspection.ts';
import { Raft } from '../raft/raft.ts';
import type { Ready } from '../raft/ready.ts';
import { compactionPoint, needsCompaction } from './compaction.ts';
import type { ReplicaConfig } from './config.ts';
import type { CommandInput, Input, Now, QueryInput, ReplicaStatus } from './input.ts';
import { type Leadership, leadershipOf, nextDeadlineMs } from './leadership.ts';
import { LogClock } from './log-clock.ts';
import type { Output, Reply, StateReplacement } from './output.ts';
import { notLeader, PendingCommands } from './pending-commands.ts';
import { Reads } from './reads.ts';
import type { Restored } from './restored.ts';
import { SnapshotReceiver } from './snapshot-receiver.ts';
import { Snapshots } from './snapshots.ts';
import { StateWrites } from './state-writes.ts';
import { type HistorySource, WatchHub } from './watch-hub.ts';

export interface ReplicaOptions {
  readonly config: ReplicaConfig;
  readonly root: Root;
  readonly codec: Codec;
  readonly random: Random;
  readonly restored: Restored;
}

export class Replica {
  readonly #config: ReplicaConfig;
  readonly #root: Root;
  readonly #codec: Codec;
  readonly #raft: Raft;
  readonly #commands: PendingCommands;
  readonly #reads: Reads;
  readonly #watches: WatchHub;
  readonly #snapshots: Snapshots;
  readonly #receiver: SnapshotReceiver;
  readonly #stateWrites: StateWrites;
  readonly #history: HistorySource;
  #tree: RecordTree;
  #applied: Position;
  #leadership: Leadership | undefined;
  #syncing = false;
  #replacement: StateReplacement | undefined;
  // What this turn gathers.
  #now: Now = { monotonicMs: 0, wallMs: 0 };
  #replies: Reply[] = [];
  #send: Message[] = [];

  constructor({ config, root, codec, random, restored }: ReplicaOptions) {
    this.#config = config;
    this.#root = root;
    this.#codec = codec;
    this.#tree = new RecordTree(restored.records);
    this.#applied = restored.applied;
    const { hardState, base, entries, applied } = restored;
    this.#raft = new Raft(config.raft, random, { hardState, base, entries, appliedIndex: applied.index });
    this.#commands = new PendingCommands(config.pendingCommandsMax);
    this.#reads = new Reads(config, this.#raft);
    this.#watches = new WatchHub(config);
    this.#snapshots = new Snapshots(config, codec);
    this.#receiver = new SnapshotReceiver(codec);
    this.#stateWrites = new StateWrites(config, restored.applied);
    this.#history = this.#historySource();
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
    this.#proposeQueued();
    this.#replies.push(...this.#reads.ask(now.monotonicMs));
    const ready = this.#raft.ready();
    for (const entry of ready.committed) this.#apply(entry);
    this.#followSnapshots(ready);
    this.#followLeadership();
    this.#answerQueries(ready);
    return this.#output(ready);
  }

  /** There is more to do, without any new input. */
  get hasMore(): boolean {
    return this.#raft.hasReady || this.#watches.hasMore;
  }

  /** For people and health checks. */
  status(): ReplicaStatus {
    const raft = this.#raft;
    return {
      id: this.#config.raft.id,
      role: raft.role,
      term: raft.term,
      leader: raft.leader,
      commitIndex: raft.commitIndex,
      appliedIndex: this.#applied.index,
      firstIndex: raft.firstIndex,
      lastIndex: raft.lastIndex,
      revision: this.#root.revision(this.#tree),
      compactedRevision: this.#root.compactedRevision(this.#tree),
      sessions: this.#root.sessions(this.#tree),
      watches: this.#watches.size,
      stateBytes: this.#tree.bytes,
      serving: this.#leadership?.clock !== undefined,
    };
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
        return this.#raft.step(input.message);
      case 'command':
        return this.#takeCommand(input);
      case 'query':
        return this.#takeQuery(input);
      case 'watch':
        return this.#watches.open(input, this.#history);
      case 'watch-pause':
      case 'watch-resume':
        return this.#watches.pause(input.watch, input.kind === 'watch-pause');
      case 'unwatch':
        return this.#watches.close(input.watch);
      case 'written':
        return this.#raft.written(input.write);
      case 'state-synced':
        return this.#compact(input.index);
      default:
        return unreachable(input);
    }
  }

  #tick(): void {
    this.#raft.tick();
    this.#stateWrites.tick();
    const { repeat, failed } = this.#snapshots.tick();
    this.#send.push(...repeat);
    for (const to of failed) this.#raft.snapshotFailed(to);
    this.#replies.push(...this.#reads.tick());
  }

  #takeCommand(input: CommandInput): void {
    if (this.#raft.role !== 'leader') {
      this.#replies.push(notLeader(input.caller, this.#raft.leader));
    } else if (this.#commands.full) {
      const message = `${this.#config.pendingCommandsMax} commands wait already`;
      this.#refuse(input.caller, 'TOO_BUSY', message);
    } else if (this.#tree.bytes > this.#config.stateBytesMax && this.#root.mayGrow(input.command)) {
      const message = `the state holds ${this.#tree.bytes} bytes of ${this.#config.stateBytesMax}`;
      this.#refuse(input.caller, 'NO_SPACE', message);
    } else {
      this.#commands.enqueue(input);
    }
  }

  #refuse(caller: number, code: 'TOO_BUSY' | 'NO_SPACE', message: string): void {
    this.#replies.push({ kind: 'error', caller, code, message, leader: this.#raft.leader });
  }

  #takeQuery(input: QueryInput): void {
    const refused = this.#reads.take(input, this.#now.monotonicMs);
    if (refused !== undefined) this.#replies.push(refused);
  }

  /** A new leadership begins empty; where it is lost, everyone who waited for it is answered. */
  #followLeadership(): void {
    const term = this.#raft.role === 'leader' ? this.#raft.term : undefined;
    const isQueued = this.#commands.queued.length > 0;
    if (term === this.#leadership?.term && (term !== undefined || !isQueued)) return;
    if (term === undefined || (this.#leadership !== undefined && this.#leadership.term !== term)) {
      const leader = this.#raft.leader;
      this.#replies.push(...this.#commands.abort(leader));
      this.#snapshots.clear();
      this.#leadership = undefined;
    }
    if (term !== undefined) this.#leadership ??= leadershipOf(term);
  }

  /** One append for all commands of the turn. They wait while the leader does not serve yet. */
  #proposeQueued(): void {
    const leadership = this.#leadership;
    if (leadership?.clock === undefined) return;
    const timeMs = leadership.clock.stamp(this.#now);
    const wallMs = this.#now.wallMs;
    const queue = this.#commands.takeQueue();
    const payloads = queue.map(({ command }) => encodeLogged(this.#codec, { ...command, timeMs, wallMs }));
    const deadlineMs = nextDeadlineMs(leadership, this.#applied.index, () =>
      this.#root.nextDeadlineMs(this.#tree),
    );
    const tickClock = deadlineMs !== undefined && deadlineMs <= timeMs && !leadership.clockProposed;
    if (tickClock) {
      const clock = { machine: CLOCK, session: undefined, body: null };
      payloads.push(encodeLogged(this.#codec, { ...clock, timeMs, wallMs }));
    }
    if (payloads.length === 0) return;
    const proposed = this.#raft.propose(payloads);
    if (proposed.kind === 'refused') {
      for (const { caller } of queue)
        this.#refuse(caller, 'TOO_BUSY', 'too much of the log is not committed yet');
      return;
    }
    queue.forEach(({ caller }, at) =>
      this.#commands.proposed(caller, proposed.firstIndex + at, proposed.term),
    );
    leadership.clockProposed ||= tickClock;
  }

  #apply(entry: Entry): void {
    assert(entry.index === this.#applied.index + 1, 'entries are applied in order, each once');
    assert(entry.term >= this.#applied.term, 'terms never go back along the log');
    this.#applied = { index: entry.index, term: entry.term };
    if (entry.kind === 'noop') return this.#applyNoop(entry);
    const logged = decodeLogged(this.#codec, entry.data);
    const outcome = this.#root.apply(this.#tree, logged, this.#applied);
    if (logged.machine === CLOCK && this.#leadership !== undefined) this.#leadership.clockProposed = false;
    const reply = this.#commands.applied(entry, outcome, this.#raft.leader);
    if (reply !== undefined) this.#replies.push(reply);
  }

  #applyNoop(entry: Entry): void {
    const leadership = this.#leadership;
    if (leadership === undefined || leadership.term !== entry.term) return;
    leadership.clock = new LogClock(this.#root.logTimeMs(this.#tree), this.#now);
  }

  #followSnapshots(ready: Ready): void {
    for (const to of ready.snapshotsWanted) {
      const view = this.#tree.view();
      this.#send.push(this.#snapshots.start(to, this.#raft.term, this.#applied, view.range('', undefined)));
    }
    for (const response of ready.snapshotResponses) {
      const next = this.#snapshots.answered(response);
      if (next !== undefined) this.#send.push(next);
    }
    this.#snapshots.keep((to) => this.#raft.awaitsSnapshot(to));
    for (const chunk of ready.snapshotChunks) this.#receiveChunk(chunk);
  }

  #receiveChunk(chunk: SnapshotRequest): void {
    if (chunk.snapshot.index <= this.#applied.index) return;
    const { response, complete } = this.#receiver.receive(chunk);
    this.#send.push(response);
    if (complete === undefined) return;
    const { tree, position } = complete;
    this.#tree = tree;
    this.#applied = position;
    this.#replacement = { records: tree.view().range('', undefined), applied: position };
    this.#stateWrites.replaced(position);
    this.#raft.installSnapshot(position);
  }

  #answerQueries(ready: Ready): void {
    this.#replies.push(...this.#reads.confirm(ready));
    const due = this.#reads.takeDue(this.#applied.index, this.#now.monotonicMs);
    for (const { query, staleMs } of due) this.#answer(query, staleMs);
  }

  #answer({ caller, machine, body }: QueryInput, staleMs: number | undefined): void {
    const outcome = this.#root.query(this.#tree, machine, body);
    if (outcome.kind === 'refused') {
      const { code, message } = outcome;
      this.#replies.push({ kind: 'error', caller, code, message, leader: this.#raft.leader });
      return;
    }
    const { result, revision } = outcome;
    this.#replies.push({ kind: 'result', caller, result, revision, index: this.#applied.index, staleMs });
  }

  #output(ready: Ready): Output {
    const send = this.#send.length === 0 ? ready.send : [...ready.send, ...this.#send];
    const replies = this.#replies;
    const replaceState = this.#replacement;
    this.#send = [];
    this.#replies = [];
    this.#replacement = undefined;
    const watches = this.#watches.deliver(this.#history);
    const syncState = this.#startSync();
    return {
      write: ready.write,
      state: this.#stateWrites.take(this.#tree, this.#applied, syncState),
      replaceState,
      syncState,
      send,
      replies,
      watches,
    };
  }

  /** Asks for the state on stable storage when the log is to be compacted, and that would make it shorter. */
  #startSync(): boolean {
    if (this.#syncing || !needsCompaction(this.#logSize(), this.#config)) return false;
    if (this.#compactionPoint(this.#applied.index) < this.#raft.firstIndex) return false;
    this.#syncing = true;
    return true;
  }

  #compact(synced: number): void {
    this.#syncing = false;
    const to = this.#compactionPoint(synced);
    if (to >= this.#raft.firstIndex) this.#raft.compact(to);
  }

  #compactionPoint(synced: number): number {
    return compactionPoint(this.#logSize(), synced, this.#snapshots.holdBack, this.#config);
  }

  #logSize(): { firstIndex: number; entries: number; bytes: number } {
    const { firstIndex, logEntries, logBytes } = this.#raft;
    return { firstIndex, entries: logEntries, bytes: logBytes };
  }

  #historySource(): HistorySource {
    const revision = (): number => this.#root.revision(this.#tree);
    const compactedRevision = (): number => this.#root.compactedRevision(this.#tree);
    return {
      get revision(): number {
        return revision();
      },
      get compactedRevision(): number {
        return compactedRevision();
      },
      read: (fromRevision, bytesMax) => eventsFrom(this.#tree, fromRevision, bytesMax),
    };
  }
}
