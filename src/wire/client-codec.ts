/** What a client sends, to bytes and back. The numbers and the order of the fields are the protocol. */
import type { Room } from '../base/buffer-pool.ts';
import { unreachable } from '../base/assert.ts';
import type { SessionStamp } from '../machine/command.ts';
import { adminRow, readAdminFrame } from './admin-codec.ts';
import type { ClientFrame } from './client-frames.ts';
import { type FieldReader, readRow } from './field-reader.ts';
import { decodeLargeRows, encodeRows, type Row, violation } from './message-bytes.ts';
import { msgpackViewCodec } from './msgpack-codec.ts';
import {
  CLIENT_NAME_LENGTH_MAX,
  CLUSTER_ID_LENGTH_MAX,
  KEY_BYTES_MAX,
  MACHINE_NAME_LENGTH_MAX,
} from './wire-limits.ts';

export const CLIENT_KINDS: Readonly<Record<ClientFrame['kind'], number>> = {
  hello: 1,
  command: 2,
  query: 3,
  watch: 4,
  unwatch: 5,
  'status-request': 6,
  ping: 7,
  'member-list': 8,
  'member-change': 9,
  join: 10,
  'leader-transfer': 11,
};

const CONSISTENCIES = ['linearizable', 'lease', 'stale'] as const;
const ADMIN_KINDS = ['member-list', 'member-change', 'join', 'leader-transfer'] as const;

/** The bytes of one WebSocket message. */
export function encodeClientFrames(frames: readonly ClientFrame[], room?: Room): Uint8Array<ArrayBuffer> {
  return encodeRows(msgpackViewCodec, frames.map(toRow), room);
}

/**
 * The frames of one WebSocket message, every field checked. Bytes in bodies are views of the message.
 *
 * @throws StoreError PROTOCOL_VERSION, PROTOCOL_VIOLATION
 */
export function decodeClientFrames(message: Uint8Array): readonly ClientFrame[] {
  return decodeLargeRows(msgpackViewCodec, message).map(fromRow);
}

function toRow(frame: ClientFrame): Row {
  const kind = CLIENT_KINDS[frame.kind];
  switch (frame.kind) {
    case 'hello':
      return [kind, frame.clusterId ?? null, frame.client];
    case 'command':
      return [kind, frame.request, frame.machine, stampRow(frame.session), frame.body];
    case 'query':
      return [kind, frame.request, frame.machine, frame.consistency, frame.maxStaleMs ?? null, frame.body];
    case 'watch':
      return [kind, frame.request, frame.machine, frame.key, frame.prefix, frame.fromRevision ?? null];
    case 'unwatch':
    case 'status-request':
      return [kind, frame.request];
    case 'member-list':
    case 'member-change':
    case 'join':
    case 'leader-transfer':
      return [kind, ...adminRow(frame)];
    case 'ping':
      return [kind];
    default:
      return unreachable(frame);
  }
}

function fromRow(row: Row): ClientFrame {
  switch (row[0]) {
    case CLIENT_KINDS.hello:
      return readRow('hello', row, 1, (fields) => ({
        kind: 'hello',
        clusterId: fields.optionalText('clusterId', CLUSTER_ID_LENGTH_MAX),
        client: fields.text('client', CLIENT_NAME_LENGTH_MAX),
      }));
    case CLIENT_KINDS.command:
      return readRow('command', row, 1, (fields) => ({
        kind: 'command',
        request: fields.integer('request'),
        machine: fields.text('machine', MACHINE_NAME_LENGTH_MAX),
        session: readStamp(fields),
        body: fields.body('body'),
      }));
    case CLIENT_KINDS.query:
      return readRow('query', row, 1, (fields) => {
        const request = fields.integer('request');
        const machine = fields.text('machine', MACHINE_NAME_LENGTH_MAX);
        const consistency = fields.choice('consistency', CONSISTENCIES);
        const maxStaleMs = fields.optionalInteger('maxStaleMs');
        if (maxStaleMs !== undefined && consistency !== 'stale') {
          throw violation('query: maxStaleMs is for stale queries');
        }
        return { kind: 'query', request, machine, consistency, maxStaleMs, body: fields.body('body') };
      });
    case CLIENT_KINDS.watch:
      return readRow('watch', row, 1, (fields) => ({
        kind: 'watch',
        request: fields.integer('request'),
        machine: fields.text('machine', MACHINE_NAME_LENGTH_MAX),
        key: fields.binaryText('key', KEY_BYTES_MAX),
        prefix: fields.flag('prefix'),
        fromRevision: fields.optionalInteger('fromRevision'),
      }));
    case CLIENT_KINDS.unwatch:
      return readRow('unwatch', row, 1, (fields) => ({
        kind: 'unwatch',
        request: fields.integer('request'),
      }));
    case CLIENT_KINDS['status-request']:
      return readRow('status-request', row, 1, (fields) => ({
        kind: 'status-request',
        request: fields.integer('request'),
      }));
    case CLIENT_KINDS.ping:
      return readRow('ping', row, 1, () => ({ kind: 'ping' }));
    default:
      return fromAdminRow(row);
  }
}

function fromAdminRow(row: Row): ClientFrame {
  const kind = ADMIN_KINDS.find((admin) => CLIENT_KINDS[admin] === row[0]);
  if (kind === undefined) throw violation('a client sends no frame of this kind');
  return readRow(kind, row, 1, (fields) => readAdminFrame(kind, fields));
}

function stampRow(stamp: SessionStamp | undefined): Row | null {
  return stamp === undefined ? null : [stamp.id, stamp.sequence, stamp.ackedBelow];
}

function readStamp(fields: FieldReader): SessionStamp | undefined {
  return fields.optionalRow('session', (stamp) => ({
    id: stamp.integer('id'),
    sequence: stamp.integer('sequence', 1),
    ackedBelow: stamp.integer('ackedBelow'),
  }));
}
