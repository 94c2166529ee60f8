/** What nodes tell each other, to bytes and back. The numbers and the order of the fields are the protocol. */
import type { Room } from '../base/buffer-pool.ts';
import { unreachable } from '../base/assert.ts';
import { type FieldReader, readRow } from './field-reader.ts';
import { decodeEntryRows, encodeEntryRows, type Row, violation } from './message-bytes.ts';
import { msgpackCodec, msgpackViewCodec } from './msgpack-codec.ts';
import type { PeerFrame, PeerHelloFrame } from './peer-frames.ts';
import { messageFromRow, messageRow, pushLargeEntries } from './raft-message-codec.ts';
import {
  ADDRESS_LENGTH_MAX,
  CLUSTER_ID_LENGTH_MAX,
  INCARNATION_LENGTH_MAX,
  MESSAGE_LENGTH_MAX,
  MESSAGES_PER_FRAME_MAX,
} from './wire-limits.ts';

export const PEER_KINDS: Readonly<Record<PeerFrame['kind'], number>> = {
  'peer-hello': 32,
  'peer-messages': 33,
  'peer-goodbye': 34,
};

/** The bytes of one WebSocket message. */
export function encodePeerFrames(frames: readonly PeerFrame[], room?: Room): Uint8Array<ArrayBuffer> {
  return encodeEntryRows(msgpackViewCodec, frames.map(toRow), largeEntries, room);
}

/**
 * The frames of one WebSocket message, every field checked. Entries' data and chunks are copies,
 * which may be kept.
 *
 * @throws StoreError PROTOCOL_VERSION, PROTOCOL_VIOLATION
 */
export function decodePeerFrames(message: Uint8Array): readonly PeerFrame[] {
  return decodeEntryRows(msgpackCodec, message, largeEntries).map(fromRow);
}

function largeEntries(rows: readonly Row[]): readonly Uint8Array[] {
  const row = rows[0] ?? [];
  const messages: unknown = row[1];
  if (row[0] !== PEER_KINDS['peer-messages'] || !Array.isArray(messages)) return [];
  const large: Uint8Array[] = [];
  for (const message of messages) pushLargeEntries(large, message);
  return large;
}

function toRow(frame: PeerFrame): Row {
  const kind = PEER_KINDS[frame.kind];
  switch (frame.kind) {
    case 'peer-hello':
      return [
        kind,
        frame.clusterId,
        frame.nodeId,
        frame.to,
        frame.incarnation,
        frame.address,
        frame.formed,
        frame.knownIncarnation ?? null,
        frame.protocolMin,
        frame.protocol,
      ];
    case 'peer-messages':
      return [kind, frame.messages.map(messageRow)];
    case 'peer-goodbye':
      return [kind, frame.code, frame.message.slice(0, MESSAGE_LENGTH_MAX)];
    default:
      return unreachable(frame);
  }
}

function fromRow(row: Row): PeerFrame {
  switch (row[0]) {
    case PEER_KINDS['peer-hello']:
      return readRow('peer-hello', row, 1, (fields) => ({
        kind: 'peer-hello',
        clusterId: fields.text('clusterId', CLUSTER_ID_LENGTH_MAX),
        nodeId: fields.integer('nodeId', 1),
        to: fields.integer('to', 1),
        incarnation: fields.text('incarnation', INCARNATION_LENGTH_MAX),
        address: fields.text('address', ADDRESS_LENGTH_MAX),
        formed: fields.flag('formed'),
        knownIncarnation: fields.optionalText('knownIncarnation', INCARNATION_LENGTH_MAX),
        ...readVersions(fields),
      }));
    case PEER_KINDS['peer-messages']:
      return readRow('peer-messages', row, 1, (fields) => ({
        kind: 'peer-messages',
        messages: fields.list('messages', MESSAGES_PER_FRAME_MAX).map(messageFromRow),
      }));
    case PEER_KINDS['peer-goodbye']:
      return readRow('peer-goodbye', row, 1, (fields) => ({
        kind: 'peer-goodbye',
        code: fields.code('code'),
        message: fields.text('message', MESSAGE_LENGTH_MAX),
      }));
    default:
      throw violation('a node sends no frame of this kind to another');
  }
}

function readVersions(fields: FieldReader): Pick<PeerHelloFrame, 'protocolMin' | 'protocol'> {
  const protocolMin = fields.integer('protocolMin', 1);
  return { protocolMin, protocol: fields.integer('protocol', protocolMin) };
}
