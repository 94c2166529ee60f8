import type { Index, NodeId, Term } from '../base/flavor.ts';
import type { Codec } from '../base/codec.ts';
import type { RecordEntry } from '../machine/records.ts';
import type { Position } from '../raft/entry.ts';
import type { Message, SnapshotResponse } from '../raft/message.ts';
import type { ReplicaConfig } from './config.ts';
import { SnapshotSender } from './snapshot-sender.ts';

/** The leader's side of all snapshots on their way: at most one to each follower. */
export class Snapshots {
  readonly #config: ReplicaConfig;
  readonly #codec: Codec;
  readonly #senders = new Map<NodeId, SnapshotSender>();

  constructor(config: ReplicaConfig, codec: Codec) {
    this.#config = config;
    this.#codec = codec;
  }

  /** The lowest place that a snapshot on its way reflects: the entries behind it are still needed. */
  get holdBack(): Index {
    let lowest = Number.MAX_SAFE_INTEGER;
    for (const sender of this.#senders.values()) lowest = Math.min(lowest, sender.position.index);
    return lowest;
  }

  /** What is on its way to this follower. */
  underWay(to: NodeId): { readonly index: Index; readonly chunk: number } | undefined {
    const sender = this.#senders.get(to);
    return sender && { index: sender.position.index, chunk: sender.chunk.chunk };
  }

  /** Begins anew for this follower; gives the first chunk. */
  start(to: NodeId, term: Term, position: Position, records: Iterable<RecordEntry<unknown>>): Message {
    const sender = new SnapshotSender({
      from: this.#config.raft.id,
      to,
      term,
      position,
      records,
      codec: this.#codec,
      chunkBytes: this.#config.snapshotChunkBytes,
      retryTicks: this.#config.snapshotRetryTicks,
    });
    this.#senders.set(to, sender);
    return sender.chunk;
  }

  /** The chunk to send in return, if there is one. */
  answered(response: SnapshotResponse): Message | undefined {
    const sender = this.#senders.get(response.from);
    return sender?.answered(response) === true ? sender.chunk : undefined;
  }

  /** Chunks to repeat, and followers that gave no answer for too long: those are forgotten here. */
  tick(): { readonly repeat: readonly Message[]; readonly failed: readonly NodeId[] } {
    if (this.#senders.size === 0) return QUIET;
    const repeat: Message[] = [];
    const failed: NodeId[] = [];
    for (const [to, sender] of this.#senders) {
      if (sender.failed) {
        this.#senders.delete(to);
        failed.push(to);
      } else if (sender.tick()) repeat.push(sender.chunk);
    }
    return { repeat, failed };
  }

  /** Forgets the senders of followers that need no snapshot any more. */
  keep(isWanted: (to: NodeId) => boolean): void {
    if (this.#senders.size === 0) return;
    for (const to of this.#senders.keys()) if (!isWanted(to)) this.#senders.delete(to);
  }

  /** Leadership is lost. */
  clear(): void {
    this.#senders.clear();
  }
}

const QUIET = { repeat: [], failed: [] };
