import type { Codec } from '../base/codec.ts';
import type { NodeId } from '../base/flavor.ts';
import type { Message, SnapshotRequest } from '../raft/message.ts';
import { decodeAnswer, decodeChunk } from '../replica/snapshot-chunk.ts';
import type { Marks } from './marks.ts';

/** What was last sent to a follower. */
interface Sent {
  readonly from: NodeId;
  readonly stream: number;
  readonly chunk: number;
  readonly last: boolean;
  /** Who began the stream before this one. */
  readonly earlierFrom: NodeId | undefined;
}

/** Counts what happens to snapshots on their way. */
export class SnapshotMarks {
  readonly #codec: Codec;
  readonly #marks: Marks;
  readonly #sent = new Map<NodeId, Sent>();

  constructor(codec: Codec, marks: Marks) {
    this.#codec = codec;
    this.#marks = marks;
  }

  said(message: Message): void {
    if (message.kind === 'snapshot-request') this.#request(message);
    if (message.kind !== 'snapshot-response') return;
    const answer = decodeAnswer(this.#codec, message.data);
    if (answer?.verdict === 'again') this.#marks.count('snapshot chunk asked for again');
    if (answer?.verdict === 'unusable') this.#marks.count('snapshot stream refused');
    if (answer?.holdsMore === true) this.#marks.count('snapshot held of which a part was told');
  }

  #request(request: SnapshotRequest): void {
    const chunk = decodeChunk(this.#codec, request.data);
    if (chunk === undefined) return;
    const before = this.#sent.get(request.to);
    const continues = before?.from === request.from && before.stream === chunk.stream;
    if (continues && request.chunk <= before.chunk) this.#marks.count('snapshot chunk repeated');
    if (!continues && before !== undefined && before.chunk > 0 && !before.last) {
      this.#marks.count('snapshot interrupted');
    }
    const earlierFrom = continues ? before.earlierFrom : before?.from;
    if (chunk.kind === 'range' && chunk.data === undefined) {
      const isSame = earlierFrom === request.from;
      this.#marks.count(isSame ? 'snapshot resumed' : 'snapshot resumed under another leader');
    }
    const { from, last } = request;
    this.#sent.set(request.to, { from, stream: chunk.stream, chunk: request.chunk, last, earlierFrom });
  }
}
