import type { NodeId, Term } from '../base/flavor.ts';
import type { Codec } from '../base/codec.ts';
import { RecordTree } from '../machine/record-tree.ts';
import type { RecordEntry } from '../machine/records.ts';
import type { Position } from '../raft/entry.ts';
import type { SnapshotRequest, SnapshotResponse } from '../raft/message.ts';

/** What a chunk came to. */
export interface Received {
  /** What to tell the leader. */
  readonly response: SnapshotResponse;
  /** The whole state, once its last chunk is here. */
  readonly complete: { readonly tree: RecordTree; readonly position: Position } | undefined;
}

/**
 * Puts a leader's snapshot together, chunk by chunk and in order (Raft paper, section 7). Nothing
 * of it is visible before its last chunk: until then the old state stands. Chunks of another
 * snapshot start anew.
 */
export class SnapshotReceiver {
  readonly #codec: Codec;
  #from: NodeId | undefined;
  #term: Term = 0;
  #position: Position = { index: 0, term: 0 };
  #nextChunk = 0;
  #records: RecordEntry<unknown>[] = [];

  constructor(codec: Codec) {
    this.#codec = codec;
  }

  receive(request: SnapshotRequest): Received {
    if (!this.#continues(request)) this.#restart(request);
    let complete: Received['complete'];
    if (request.chunk === this.#nextChunk) {
      for (const record of this.#codec.decode(request.data) as RecordEntry<unknown>[])
        this.#records.push(record);
      this.#nextChunk++;
      if (request.last) complete = this.#finish();
    }
    return { response: this.#response(request), complete };
  }

  #continues(request: SnapshotRequest): boolean {
    const { index, term } = request.snapshot;
    const sameStream = this.#from === request.from && this.#term === request.term;
    // The first chunk again, after others: the leader gave up and began anew.
    const beginsAnew = request.chunk === 0 && this.#nextChunk > 1;
    return sameStream && !beginsAnew && this.#position.index === index && this.#position.term === term;
  }

  #restart(request: SnapshotRequest): void {
    this.#from = request.from;
    this.#term = request.term;
    this.#position = request.snapshot;
    this.#nextChunk = 0;
    this.#records = [];
  }

  #finish(): Received['complete'] {
    const tree = new RecordTree(this.#records);
    this.#records = [];
    return { tree, position: this.#position };
  }

  #response(request: SnapshotRequest): SnapshotResponse {
    return {
      kind: 'snapshot-response',
      from: request.to,
      to: request.from,
      term: request.term,
      snapshot: request.snapshot,
      nextChunk: this.#nextChunk,
    };
  }
}
