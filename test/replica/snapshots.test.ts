import { expect, test } from 'vitest';
import { RecordTree } from '../../src/machine/record-tree.ts';
import type { Message, SnapshotRequest } from '../../src/raft/message.ts';
import type { ReplicaConfig } from '../../src/replica/config.ts';
import { decodeChunk, encodeAnswer } from '../../src/replica/snapshot-chunk.ts';
import { Snapshots } from '../../src/replica/snapshots.ts';
import { msgpackCodec } from '../../src/wire/msgpack-codec.ts';
import { sha256Digest } from '../../src/wire/sha256-digest.ts';

const BYTES_PER_SECOND = 1_000_000;
const config = {
  raft: { id: 1 },
  snapshotChunkBytes: 4000,
  snapshotWindowChunks: 16,
  snapshotBytesPerSecond: BYTES_PER_SECOND,
  snapshotBytesPerTurn: 8000,
  snapshotRetryTicks: 50,
} as ReplicaConfig;
const tree = new RecordTree(
  Array.from({ length: 3000 }, (_, at) => [`kv/${String(at).padStart(6, '0')}`, new Uint8Array(1000)]),
);

/** Sends for a second, while each entry is committed after so many ms; the bytes that were sent. */
function sentInOneSecond(commitMs: number): number {
  const snapshots = new Snapshots(config, msgpackCodec, sha256Digest);
  let index = 1;
  const take = (nowMs: number, everyMs: number): readonly Message[] => {
    const isDone = nowMs % everyMs === 0;
    const messages = snapshots.take(nowMs, { lastIndex: index, commitIndex: isDone ? index : index - 1 });
    if (isDone) index++;
    return messages;
  };
  for (let nowMs = 0; nowMs < 1000; nowMs++) take(nowMs, 5);
  snapshots.start(2, 1, { index: 1, term: 1 }, tree.view());
  let bytes = 0;
  for (let nowMs = 1000; nowMs < 2000; nowMs++) {
    for (const message of take(nowMs, commitMs)) {
      if (message.kind !== 'snapshot-request') continue;
      bytes += message.data.length;
      answer(snapshots, message);
    }
  }
  return bytes;
}

function answer(
  snapshots: Snapshots,
  { to: from, from: to, term, snapshot, chunk, data }: SnapshotRequest,
): void {
  const stream = decodeChunk(msgpackCodec, data)?.stream ?? 0;
  const taken = encodeAnswer(msgpackCodec, { stream, verdict: 'taken', held: [], holdsMore: false });
  snapshots.answered({
    kind: 'snapshot-response',
    from,
    to,
    term,
    snapshot,
    nextChunk: chunk + 1,
    data: taken,
  });
}

test('a snapshot takes what it may of each second while commits are on time, and a quarter while they are late', () => {
  const onTime = sentInOneSecond(5);
  expect(onTime).toBeGreaterThan(0.9 * BYTES_PER_SECOND);
  expect(onTime).toBeLessThan(1.2 * BYTES_PER_SECOND);
  const late = sentInOneSecond(50);
  expect(late).toBeGreaterThan(0.2 * BYTES_PER_SECOND);
  expect(late).toBeLessThan(0.4 * BYTES_PER_SECOND);
});
