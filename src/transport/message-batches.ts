import type { Message } from '../raft/message.ts';

/** About what a message measures on the wire without its data. */
const MESSAGE_OVERHEAD_BYTES = 64;
const ENTRY_OVERHEAD_BYTES = 16;

/** The messages in order, cut into batches of about `bytesMax`; one message may exceed it alone. */
export function* messageBatches(
  messages: readonly Message[],
  bytesMax: number,
): Generator<readonly Message[]> {
  let batch: Message[] = [];
  let bytes = 0;
  for (const message of messages) {
    const size = messageSize(message);
    if (batch.length > 0 && bytes + size > bytesMax) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(message);
    bytes += size;
  }
  if (batch.length > 0) yield batch;
}

function messageSize(message: Message): number {
  switch (message.kind) {
    case 'append-request':
      return message.entries.reduce(
        (bytes, entry) => bytes + entry.data.length + ENTRY_OVERHEAD_BYTES,
        MESSAGE_OVERHEAD_BYTES,
      );
    case 'snapshot-request':
      return message.data.length + MESSAGE_OVERHEAD_BYTES;
    default:
      return MESSAGE_OVERHEAD_BYTES;
  }
}
