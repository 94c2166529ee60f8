import type { Codec } from '../base/codec.ts';
import type { Digest } from '../base/digest.ts';
import type { Index, NodeId, Term } from '../base/flavor.ts';
import type { RecordView } from '../machine/record-tree.ts';
import type { Position } from '../raft/entry.ts';
import type { Message, SnapshotResponse } from '../raft/message.ts';
import type { MemberStatus as RaftMemberStatus } from '../raft/member-status.ts';
import { CommitDelay, type LogEnds } from './commit-delay.ts';
import type { ReplicaConfig } from './config.ts';
import type { MemberStatus } from './input.ts';
import { SnapshotPace } from './snapshot-pace.ts';
import { SnapshotSender } from './snapshot-sender.ts';

/** To read a range that the follower holds already costs about this part of sending it. */
const HELD_COST = 1 / 4;
/** While commits are late, snapshots take this part of what they may else. */
const LATE_SHARE = 1 / 4;
/** …and this many times as much while nobody waits for a commit. */
const IDLE_SHARE = 8;
/** …and have so many times the chunks on their way. */
const IDLE_WINDOW = 4;

/** The leader's side of all snapshots on their way: at most one to each follower. */
export class Snapshots {
  readonly #config: ReplicaConfig;
  readonly #codec: Codec;
  readonly #digest: Digest;
  readonly #pace: SnapshotPace;
  readonly #commitDelay: CommitDelay = new CommitDelay();
  readonly #senders = new Map<NodeId, SnapshotSender>();
  #streams = 0;
  #hasMore = false;

  constructor(config: ReplicaConfig, codec: Codec, digest: Digest) {
    this.#config = config;
    this.#codec = codec;
    this.#digest = digest;
    this.#pace = new SnapshotPace(config.snapshotBytesPerSecond);
  }

  /** The lowest place that a snapshot on its way reflects: the entries behind it are still needed. */
  get holdBack(): Index {
    let lowest = Number.MAX_SAFE_INTEGER;
    for (const sender of this.#senders.values()) lowest = Math.min(lowest, sender.position.index);
    return lowest;
  }

  /** More could be sent in another turn. */
  get hasMore(): boolean {
    return this.#hasMore;
  }

  /** The member, and how far the snapshot on its way to it has come. */
  withProgress(member: RaftMemberStatus): MemberStatus {
    const snapshot = this.#senders.get(member.id)?.progress;
    return snapshot === undefined ? member : { ...member, snapshot };
  }

  /** Whether a snapshot is on its way that is followed by what the log holds from `firstIndex` on. */
  isUnderWay(to: NodeId, firstIndex: Index): boolean {
    const sender = this.#senders.get(to);
    return sender !== undefined && !sender.failed && sender.position.index >= firstIndex - 1;
  }

  /** Begins anew for this follower. */
  start(to: NodeId, term: Term, position: Position, view: RecordView): void {
    const sender = new SnapshotSender({
      from: this.#config.raft.id,
      to,
      term,
      stream: ++this.#streams,
      position,
      view,
      codec: this.#codec,
      digest: this.#digest,
      chunkBytes: this.#config.snapshotChunkBytes,
      windowChunks: this.#config.snapshotWindowChunks,
      retryTicks: this.#config.snapshotRetryTicks,
    });
    this.#end(to);
    this.#senders.set(to, sender);
  }

  answered(response: SnapshotResponse): void {
    this.#senders.get(response.from)?.answered(response);
  }

  /**
   * What a leader is to send in this turn: each follower in its turn, as far as the limits go. Those
   * who wait for a commit come first: while it is late, less is sent.
   */
  take(nowMs: number, log: LogEnds): readonly Message[] {
    this.#commitDelay.follow(log, nowMs, { isUsual: this.#senders.size === 0 });
    if (this.#senders.size === 0) return this.#takeNothing();
    const share = this.#share(nowMs);
    this.#pace.advance(nowMs, share);
    const workBytesMax = this.#config.snapshotBytesPerTurn * Math.max(1, share);
    for (const sender of this.#senders.values()) sender.windowTimes = share > 1 ? IDLE_WINDOW : 1;
    const messages: Message[] = [];
    let due = this.#due();
    let workBytes = 0;
    while (due.length > 0 && this.#pace.isOpen && workBytes < workBytesMax) {
      for (const sender of due) {
        const sent = sender.next();
        if (sent === undefined) continue;
        messages.push(sent.message);
        workBytes += Math.max(sent.workBytes, sent.loadBytes);
        this.#pace.spend(Math.max(sent.loadBytes, sent.workBytes * HELD_COST));
      }
      due = this.#due();
    }
    this.#hasMore = due.length > 0 && this.#pace.isOpen;
    return messages;
  }

  /** Followers that gave no answer for too long: they are forgotten here. */
  tick(): readonly NodeId[] {
    if (this.#senders.size === 0) return NO_NODES;
    const failed: NodeId[] = [];
    for (const [to, sender] of this.#senders) {
      sender.tick();
      if (!sender.failed) continue;
      this.#end(to);
      failed.push(to);
    }
    return failed;
  }

  /** Forgets the senders of followers that need no snapshot any more. */
  keep(isWanted: (to: NodeId) => boolean): void {
    if (this.#senders.size === 0) return;
    for (const to of this.#senders.keys()) if (!isWanted(to)) this.#end(to);
  }

  /** Leadership is lost. */
  clear(): void {
    for (const to of this.#senders.keys()) this.#end(to);
    this.#commitDelay.clear();
    this.#hasMore = false;
  }

  #end(to: NodeId): void {
    this.#senders.get(to)?.end();
    this.#senders.delete(to);
  }

  #share(nowMs: number): number {
    if (this.#commitDelay.isIdle(nowMs)) return IDLE_SHARE;
    return this.#commitDelay.isLate(nowMs) ? LATE_SHARE : 1;
  }

  #takeNothing(): readonly Message[] {
    this.#hasMore = false;
    return NO_MESSAGES;
  }

  #due(): readonly SnapshotSender[] {
    return [...this.#senders.values()].filter((sender) => sender.isDue);
  }
}

const NO_MESSAGES: readonly Message[] = [];
const NO_NODES: readonly NodeId[] = [];
