import type { NodeId, Term } from '../base/flavor.ts';
import type { Codec } from '../base/codec.ts';
import type { RecordEntry } from '../machine/records.ts';
import { sizeOf } from '../machine/size-of.ts';
import type { Position } from '../raft/entry.ts';
import type { SnapshotRequest, SnapshotResponse } from '../raft/message.ts';

export interface SnapshotSenderOptions {
  readonly from: NodeId;
  readonly to: NodeId;
  readonly term: Term;
  /** The last entry that the records reflect. */
  readonly position: Position;
  /** A view that does not change while the state does. */
  readonly records: Iterable<RecordEntry<unknown>>;
  readonly codec: Codec;
  readonly chunkBytes: number;
  readonly retryTicks: number;
}

/** A sender gives up after this many repetitions of a chunk without an answer. */
const REPETITIONS_MAX = 20;

/**
 * Streams one state to one follower: one chunk at a time, the next when the last was answered, and
 * the same again when no answer came. It ends when Raft sees the follower hold the snapshot.
 */
export class SnapshotSender {
  readonly position: Position;
  readonly #options: SnapshotSenderOptions;
  readonly #iterator: Iterator<RecordEntry<unknown>>;
  #chunk: SnapshotRequest;
  #lookahead: IteratorResult<RecordEntry<unknown>>;
  #ticks = 0;
  #repetitions = 0;

  constructor(options: SnapshotSenderOptions) {
    this.position = options.position;
    this.#options = options;
    this.#iterator = options.records[Symbol.iterator]();
    this.#lookahead = this.#iterator.next();
    this.#chunk = this.#read(0);
  }

  /** The chunk that waits for an answer. */
  get chunk(): SnapshotRequest {
    return this.#chunk;
  }

  /** No answer for too long: let Raft find out anew what the follower needs. */
  get failed(): boolean {
    return this.#repetitions > REPETITIONS_MAX;
  }

  /** Whether the chunk is to be sent again. */
  tick(): boolean {
    this.#ticks++;
    if (this.#ticks < this.#options.retryTicks) return false;
    this.#ticks = 0;
    this.#repetitions++;
    return true;
  }

  /** Whether there is a chunk to send now: the next one. */
  answered(response: SnapshotResponse): boolean {
    if (!this.#concerns(response)) return false;
    this.#repetitions = 0;
    // A follower that lost what it had asks for an earlier chunk, and one that holds part of an earlier
    // attempt for a later one: it gets a new snapshot, from its first chunk on.
    const next = response.nextChunk - this.#chunk.chunk;
    if (next < 0 || next > 1) this.#repetitions = REPETITIONS_MAX + 1;
    if (response.nextChunk !== this.#chunk.chunk + 1 || this.#chunk.last) return false;
    this.#ticks = 0;
    this.#chunk = this.#read(response.nextChunk);
    return true;
  }

  #concerns(response: SnapshotResponse): boolean {
    const { index, term } = response.snapshot;
    return index === this.position.index && term === this.position.term;
  }

  #read(chunk: number): SnapshotRequest {
    const { from, to, term, codec, chunkBytes } = this.#options;
    const records: RecordEntry<unknown>[] = [];
    let bytes = 0;
    while (this.#lookahead.done !== true && (records.length === 0 || bytes < chunkBytes)) {
      const [key, value] = this.#lookahead.value;
      records.push([key, value]);
      bytes += key.length + sizeOf(value);
      this.#lookahead = this.#iterator.next();
    }
    const last = this.#lookahead.done === true;
    return {
      kind: 'snapshot-request',
      from,
      to,
      term,
      snapshot: this.position,
      chunk,
      last,
      data: codec.encode(records),
    };
  }
}
