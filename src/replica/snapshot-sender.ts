import { assert } from '../base/assert.ts';
import type { Codec } from '../base/codec.ts';
import type { Digest } from '../base/digest.ts';
import type { NodeId, Term } from '../base/flavor.ts';
import type { RecordView } from '../machine/record-tree.ts';
import type { Position } from '../raft/entry.ts';
import type { SnapshotRequest, SnapshotResponse } from '../raft/message.ts';
import { RangeReader } from './range-reader.ts';
import {
  chainDigest,
  decodeAnswer,
  EMPTY_CHAIN,
  encodeChunk,
  type SnapshotAnswer,
  type SnapshotProgress,
} from './snapshot-chunk.ts';

export interface SnapshotSenderOptions {
  readonly from: NodeId;
  readonly to: NodeId;
  readonly term: Term;
  /** Above those of all streams that this leader began before. */
  readonly stream: number;
  /** The last entry that the records reflect. */
  readonly position: Position;
  /** It does not change while the state does. */
  readonly view: RecordView;
  readonly codec: Codec;
  readonly digest: Digest;
  readonly chunkBytes: number;
  readonly windowChunks: number;
  readonly retryTicks: number;
}

/** What to send now. */
export interface Outgoing {
  readonly message: SnapshotRequest;
  /** Bytes of records that were read and encoded for it. */
  readonly workBytes: number;
  /** Bytes of records that it bears. */
  readonly loadBytes: number;
}

interface Unanswered {
  readonly message: SnapshotRequest;
  readonly bytes: number;
}

/** A sender gives up after so many repetitions of a chunk that was not taken. */
const REPETITIONS_MAX = 20;

/**
 * Streams one state to one follower. First it offers it, and hears what the follower holds already;
 * then chunks follow each other without waiting for answers, up to a window, and every answer lets
 * the next ones go. Where an answer does not come, one chunk is repeated until it does, so a link
 * that comes back finds the stream where it was. It ends when Raft sees the follower hold the
 * snapshot.
 */
export class SnapshotSender {
  readonly position: Position;
  readonly #options: SnapshotSenderOptions;
  readonly #reader: RangeReader;
  /** Chunks from `#answered` on; the last one of all stays until the sender ends. */
  readonly #unanswered: Unanswered[] = [];
  #answered = 0;
  /** The next chunk to be sent, perhaps again. */
  #cursor = 0;
  #chain: Uint8Array = EMPTY_CHAIN;
  /** No answer came in time: one chunk at a time until there is one. */
  #isProbing = false;
  #ticks = 0;
  #repetitions = 0;
  /** The chunk that was asked for again, and sent again at once: further requests wait for the next tick that repeats. */
  #repeatedChunk: number | undefined;
  #isUnusable = false;
  /** The window is this many times as wide as usual. */
  windowTimes = 1;

  constructor(options: SnapshotSenderOptions) {
    const { view, codec, digest, chunkBytes } = options;
    this.position = options.position;
    this.#options = options;
    this.#reader = new RangeReader({ view, codec, digest, chunkBytes });
    const { size: records, bytes } = view;
    const offer = encodeChunk(codec, { kind: 'offer', stream: options.stream, total: { records, bytes } });
    this.#unanswered.push({ message: this.#message(0, offer, { last: false }), bytes: 0 });
  }

  /** The stream leads to nothing: let Raft find out anew what the follower needs. */
  get failed(): boolean {
    return this.#isUnusable || this.#repetitions > REPETITIONS_MAX;
  }

  get progress(): SnapshotProgress {
    const { view } = this.#options;
    const { records, bytes } = this.#reader.read;
    const total = { records: view.size, bytes: view.bytes };
    return { position: this.position, total, done: { records, bytes: Math.min(bytes, total.bytes) } };
  }

  /** Whether `next` has something to send. */
  get isDue(): boolean {
    if (this.failed) return false;
    if (this.#cursor < this.#made) return !this.#isProbing || this.#cursor === this.#answered;
    return this.#mayMake;
  }

  /** The next message to send, if there is one now. */
  next(): Outgoing | undefined {
    if (!this.isDue) return undefined;
    const workBytes = this.#cursor === this.#made ? this.#make() : 0;
    const sent = this.#unanswered[this.#cursor - this.#answered];
    assert(sent !== undefined, 'what is not answered is kept');
    this.#cursor++;
    return { message: sent.message, workBytes, loadBytes: sent.bytes };
  }

  /** It is not needed any more; nothing is asked of it from here on. */
  end(): void {
    this.#options.view.close();
  }

  tick(): void {
    this.#ticks++;
    if (this.#ticks < this.#options.retryTicks || this.#cursor === this.#answered) return;
    this.#ticks = 0;
    this.#repetitions++;
    this.#repeatedChunk = undefined;
    this.#isProbing = true;
    this.#cursor = this.#answered;
  }

  /** The follower said something; an answer to another stream, or one that came late, changes nothing. */
  answered(response: SnapshotResponse): void {
    const answer = decodeAnswer(this.#options.codec, response.data);
    if (answer?.stream !== this.#options.stream) return;
    switch (answer.verdict) {
      case 'taken':
        return this.#taken(response.nextChunk, answer);
      case 'again':
        return this.#again(response.nextChunk);
      default:
        this.#isUnusable = true;
    }
  }

  /** Chunks that were made so far. */
  get #made(): number {
    return this.#answered + this.#unanswered.length;
  }

  /** Whether another chunk may be made: there is one, it fits the window, and it is known what the follower holds there. */
  get #mayMake(): boolean {
    if (this.#isProbing || this.#answered === 0 || this.#reader.atEnd) return false;
    if (this.#unanswered.length >= this.#options.windowChunks * this.windowTimes) return false;
    return this.#unanswered.length === 0 || !this.#reader.isBeyondHeld;
  }

  #taken(nextChunk: number, answer: SnapshotAnswer): void {
    if (nextChunk > this.#made) {
      this.#isUnusable = true;
      return;
    }
    this.#repetitions = 0;
    if (nextChunk < this.#answered) return;
    this.#reader.heldBehind(answer.held, answer.holdsMore);
    if (nextChunk === this.#answered) return;
    const keepsLast = this.#reader.atEnd ? 1 : 0;
    while (this.#answered < nextChunk && this.#unanswered.length > keepsLast) {
      this.#unanswered.shift();
      this.#answered++;
    }
    this.#cursor = Math.max(this.#cursor, this.#answered);
    this.#isProbing = false;
    this.#ticks = 0;
  }

  /** A chunk is missing, or was damaged on its way. One gap brings many such answers. */
  #again(nextChunk: number): void {
    if (nextChunk < this.#answered || nextChunk >= this.#cursor || nextChunk === this.#repeatedChunk) return;
    this.#repeatedChunk = nextChunk;
    this.#cursor = nextChunk;
  }

  /** Makes the next chunk; gives the bytes that were read for it. */
  #make(): number {
    const { stream, codec, digest } = this.#options;
    const { range, data, isHeld } = this.#reader.next();
    this.#chain = chainDigest(digest, this.#chain, range);
    const last = this.#reader.atEnd;
    const chunk = encodeChunk(codec, {
      kind: 'range',
      stream,
      range,
      data: isHeld ? undefined : data,
      whole: last ? this.#chain : undefined,
    });
    const bytes = isHeld ? 0 : data.length;
    this.#unanswered.push({ message: this.#message(this.#made, chunk, { last }), bytes });
    return data.length;
  }

  #message(chunk: number, data: Uint8Array, { last }: { readonly last: boolean }): SnapshotRequest {
    const { from, to, term, position: snapshot } = this.#options;
    return { kind: 'snapshot-request', from, to, term, snapshot, chunk, last, data };
  }
}
