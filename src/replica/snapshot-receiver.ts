import type { ReplicaConfig } from './config.ts';
import type { Digest } from '../base/digest.ts';
import type { NodeId, Term } from '../base/flavor.ts';
import type { Packing } from '../machine/record-packer.ts';
import type { RecordTree } from '../machine/record-tree.ts';
import type { Position } from '../raft/entry.ts';
import type { SnapshotRequest, SnapshotResponse } from '../raft/message.ts';
import type { StagedChange, StageStep } from './output.ts';
import {
  chainDigest,
  decodeChunk,
  decodeRecords,
  digestRange,
  EMPTY_CHAIN,
  encodeAnswer,
  equalBytes,
  type SnapshotAnswer,
  type SnapshotChunk,
  type SnapshotProgress,
  type StateSize,
} from './snapshot-chunk.ts';
import { StagedState } from './staged-state.ts';

export interface SnapshotReceiverOptions {
  /** Of the records that are received; its codec is that of chunks as well. */
  readonly packing: Packing;
  readonly digest: Digest;
  /** A state above this many bytes of records is refused. */
  readonly bytesMax: number;
}

/** What a chunk, or a stage write that is done, brings about. */
export interface Received {
  /** What to tell the leader. */
  readonly response: SnapshotResponse | undefined;
  readonly steps: readonly StageStep[];
  /** The whole state, once its last chunk is here: what is staged may take the place of the present one. */
  readonly complete: { readonly tree: RecordTree; readonly position: Position } | undefined;
}

type Offer = Extract<SnapshotChunk, { kind: 'offer' }>;
type Range = Extract<SnapshotChunk, { kind: 'range' }>;

/** One leader's attempt to send its state. */
interface Stream {
  readonly from: NodeId;
  readonly to: NodeId;
  readonly term: Term;
  readonly number: number;
  readonly position: Position;
  readonly total: StateSize;
  /** Chunks before it were taken… */
  nextChunk: number;
  /** …and those before this one are stored. */
  storedChunk: number;
  /** Over the ranges that were taken. */
  chain: Uint8Array;
  /** It leads to nothing. */
  isDead: boolean;
}

/** A stage write on its way. */
interface Storing {
  readonly id: number;
  readonly stream: Stream;
  readonly chunk: number;
}

const NOTHING: Received = { response: undefined, steps: [], complete: undefined };

/**
 * Puts a leader's snapshot together, chunk by chunk and in order (Raft paper, section 7). Nothing of
 * it is visible before its last chunk, and before the digest of the whole was found right: until
 * then the old state stands. What one stream brought is kept when it breaks off; the next one, of
 * whatever leader, is told of it, and sends only what has changed (see `snapshot-chunk.ts`).
 *
 * A chunk is answered once it is stored, so no more of them wait for the disk than the leader's
 * window allows.
 */
export class SnapshotReceiver {
  readonly #options: SnapshotReceiverOptions;
  #stream: Stream | undefined;
  #staged: StagedState | undefined;
  readonly #storing: Storing[] = [];
  #lastWrite = 0;

  constructor(options: SnapshotReceiverOptions) {
    this.#options = options;
  }

  /** Of the state that is staged, if there is one. */
  get progress(): SnapshotProgress | undefined {
    if (this.#staged === undefined || this.#stream === undefined) return undefined;
    const { tree } = this.#staged;
    const { position, total } = this.#stream;
    return { position, total, done: { records: tree.size, bytes: tree.bytes } };
  }

  receive(request: SnapshotRequest): Received {
    const chunk = decodeChunk(this.#options.packing.codec, request.data);
    // Like one that was lost: the leader repeats it.
    if (chunk === undefined) return NOTHING;
    const age = this.#ageOf(request, chunk.stream);
    if (age === 'older') return NOTHING;
    if (chunk.kind === 'offer') {
      if (age === 'newer') this.#begin(request, chunk);
      return this.#answer(request, chunk.stream, 'taken', this.#stream?.storedChunk ?? 0);
    }
    const stream = this.#stream;
    if (stream === undefined || age === 'newer') return this.#answer(request, chunk.stream, 'unusable', 0);
    if (stream.isDead || request.chunk < stream.nextChunk) {
      return this.#answer(request, chunk.stream, 'taken', stream.storedChunk);
    }
    if (request.chunk > stream.nextChunk) {
      return this.#answer(request, chunk.stream, 'again', stream.nextChunk);
    }
    return this.#take(request, stream, chunk);
  }

  /** The stage write of this id is done. */
  stored(id: number): SnapshotResponse | undefined {
    let last: Storing | undefined;
    while (this.#storing[0] !== undefined && this.#storing[0].id <= id) last = this.#storing.shift();
    if (last === undefined) return undefined;
    const { stream, chunk } = last;
    stream.storedChunk = chunk + 1;
    return stream === this.#stream ? this.#response(stream, 'taken', stream.storedChunk) : undefined;
  }

  /** What is staged is of no use any more. */
  drop(): readonly StageStep[] {
    this.#stream = undefined;
    if (this.#staged === undefined) return [];
    this.#staged = undefined;
    return [{ kind: 'discard' }];
  }

  /** What is staged leads no further than here. */
  get position(): Position | undefined {
    return this.#staged === undefined ? undefined : this.#stream?.position;
  }

  #ageOf({ from, term }: SnapshotRequest, number: number): 'older' | 'same' | 'newer' {
    const stream = this.#stream;
    if (stream === undefined || stream.from !== from || stream.term !== term) return 'newer';
    if (stream.number === number) return 'same';
    return number < stream.number ? 'older' : 'newer';
  }

  #begin(request: SnapshotRequest, { stream: number, total }: Offer): void {
    const { from, to, term, snapshot: position } = request;
    const isDead = total.bytes > this.#options.bytesMax;
    const start = { nextChunk: 1, storedChunk: 1, chain: EMPTY_CHAIN, isDead };
    this.#stream = { from, to, term, number, position, total, ...start };
    this.#staged ??= new StagedState(this.#options.packing);
    this.#staged.rewind();
  }

  #take(request: SnapshotRequest, stream: Stream, { range, data, whole }: Range): Received {
    const { packing, digest, bytesMax } = this.#options;
    const { codec } = packing;
    const staged = this.#staged;
    if (staged === undefined || range.after !== staged.reached) return this.#giveUp(stream);
    let changes: readonly StagedChange[] | undefined = [];
    if (data === undefined) {
      if (!staged.holds(range)) return this.#giveUp(stream);
      staged.keep(range);
    } else {
      if (!equalBytes(digestRange(codec, digest, range, data), range.digest)) {
        return { ...NOTHING, response: this.#response(stream, 'again', stream.nextChunk) };
      }
      const records = decodeRecords(codec, range, data);
      changes = records === undefined ? undefined : staged.replace(range, records);
      if (changes === undefined || staged.tree.bytes > bytesMax) return this.#giveUp(stream);
    }
    stream.chain = chainDigest(digest, stream.chain, range);
    stream.nextChunk++;
    const id = ++this.#lastWrite;
    this.#storing.push({ id, stream, chunk: request.chunk });
    const steps: readonly StageStep[] = [{ kind: 'write', id, changes }];
    if (whole === undefined) return { ...NOTHING, steps };
    return this.#finish(stream, staged, whole, steps);
  }

  /** Installs nothing that is not, to the last byte, what the leader has. */
  #finish(stream: Stream, staged: StagedState, whole: Uint8Array, steps: readonly StageStep[]): Received {
    const { tree } = staged;
    const { total, position } = stream;
    const isWhole = tree.size === total.records && tree.bytes === total.bytes;
    if (!isWhole || !equalBytes(stream.chain, whole)) return this.#giveUp(stream);
    this.#staged = undefined;
    return { response: undefined, steps, complete: { tree, position } };
  }

  /** The stream cannot be right; nor, perhaps, is what it brought. */
  #giveUp(stream: Stream): Received {
    stream.isDead = true;
    const isStaged = this.#staged !== undefined;
    this.#staged = undefined;
    return {
      response: this.#response(stream, 'unusable', 0),
      steps: isStaged ? [{ kind: 'discard' }] : [],
      complete: undefined,
    };
  }

  #answer(
    request: SnapshotRequest,
    number: number,
    verdict: SnapshotAnswer['verdict'],
    nextChunk: number,
  ): Received {
    const stream = this.#stream;
    if (stream?.number === number && stream.from === request.from && stream.term === request.term) {
      return { ...NOTHING, response: this.#response(stream, verdict, nextChunk) };
    }
    const { from: to, to: from, term, snapshot: position } = request;
    const data = this.#encode({ stream: number, verdict, held: [], holdsMore: false });
    const response = {
      kind: 'snapshot-response',
      from,
      to,
      term,
      snapshot: position,
      nextChunk,
      data,
    } as const;
    return { ...NOTHING, response };
  }

  #response(stream: Stream, verdict: SnapshotAnswer['verdict'], nextChunk: number): SnapshotResponse {
    const { from: to, to: from, term, number, position, isDead } = stream;
    const behind = this.#staged?.heldBehind ?? { held: [], holdsMore: false };
    const answer: SnapshotAnswer = isDead
      ? { stream: number, verdict: 'unusable', held: [], holdsMore: false }
      : { stream: number, verdict, ...behind };
    const data = this.#encode(answer);
    return { kind: 'snapshot-response', from, to, term, snapshot: position, nextChunk, data };
  }

  #encode(answer: SnapshotAnswer): Uint8Array {
    return encodeAnswer(this.#options.packing.codec, answer);
  }
}

/** A leader's state may be this many times `stateBytesMax`: commands that were on their way make it grow above that. */
const RECEIVED_TIMES_MAX = 2;

/** The largest state that a leader may send. */
export function receivedBytesMax({ stateBytesMax }: Pick<ReplicaConfig, 'stateBytesMax'>): number {
  return RECEIVED_TIMES_MAX * stateBytesMax;
}
