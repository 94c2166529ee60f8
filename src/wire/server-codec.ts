/** What a node answers a client, to bytes and back. The numbers and the order of the fields are the protocol. */
import { unreachable } from '../base/assert.ts';
import type { StoreEvent } from '../machine/command.ts';
import { adminAnswerRow, readCluster, readMemberAddress, readMembers, readPlaced } from './admin-codec.ts';
import type { NodeStatus, ServerFrame } from './client-frames.ts';
import { type FieldReader, readRow } from './field-reader.ts';
import { decodeRows, encodeRows, type Row, violation } from './message-bytes.ts';
import { msgpackCodec, msgpackViewCodec } from './msgpack-codec.ts';
import {
  ALARMS_MAX,
  CLUSTER_ID_LENGTH_MAX,
  EVENT_KIND_LENGTH_MAX,
  EVENTS_PER_FRAME_MAX,
  KEY_BYTES_MAX,
  MACHINE_NAME_LENGTH_MAX,
  MEMBERS_MAX,
  MESSAGE_LENGTH_MAX,
  WATCHES_PER_FRAME_MAX,
} from './wire-limits.ts';

export const SERVER_KINDS: Readonly<Record<ServerFrame['kind'], number>> = {
  welcome: 16,
  result: 17,
  error: 18,
  'watch-started': 19,
  'watch-events': 20,
  'watch-ended': 21,
  status: 22,
  pong: 23,
  goodbye: 24,
  members: 25,
  placed: 26,
  cluster: 27,
};

const ROLES = ['forming', 'follower', 'pre-candidate', 'candidate', 'leader'] as const;

/** The bytes of one WebSocket message. */
export function encodeServerFrames(frames: readonly ServerFrame[]): Uint8Array {
  return encodeRows(msgpackViewCodec, frames.map(toRow));
}

/**
 * The frames of one WebSocket message, every field checked. Bytes in results and events are copies,
 * which may be kept.
 *
 * @throws StoreError PROTOCOL_VERSION, PROTOCOL_VIOLATION
 */
export function decodeServerFrames(message: Uint8Array): readonly ServerFrame[] {
  return decodeRows(msgpackCodec, message).map(fromRow);
}

function toRow(frame: ServerFrame): Row {
  const kind = SERVER_KINDS[frame.kind];
  switch (frame.kind) {
    case 'welcome':
      return [
        kind,
        frame.clusterId,
        frame.nodeId,
        frame.members.map(({ id, address }) => [id, address]),
        frame.leader ?? null,
      ];
    case 'result':
      return [kind, frame.request, frame.revision, frame.index, frame.staleMs ?? null, frame.result];
    case 'error':
      return [kind, frame.request, frame.code, frame.outcome, shortened(frame.message), frame.leader ?? null];
    case 'watch-started':
      return [kind, frame.request, frame.fromRevision];
    case 'watch-events':
      return [kind, frame.requests, frame.after, frame.revision, frame.events.map(eventRow)];
    case 'watch-ended':
      return [kind, frame.request, frame.code, shortened(frame.message)];
    case 'status':
      return [kind, frame.request, statusRow(frame.status)];
    case 'pong':
      return [kind];
    case 'goodbye':
      return [kind, frame.code, shortened(frame.message)];
    case 'members':
    case 'placed':
    case 'cluster':
      return [kind, ...adminAnswerRow(frame)];
    default:
      return unreachable(frame);
  }
}

function fromRow(row: Row): ServerFrame {
  switch (row[0]) {
    case SERVER_KINDS.welcome:
      return readRow('welcome', row, 1, (fields) => ({
        kind: 'welcome',
        clusterId: fields.text('clusterId', CLUSTER_ID_LENGTH_MAX),
        nodeId: fields.integer('nodeId', 1),
        members: fields.rows('members', MEMBERS_MAX, readMemberAddress),
        leader: fields.optionalInteger('leader', 1),
      }));
    case SERVER_KINDS.result:
      return readRow('result', row, 1, (fields) => {
        const request = fields.integer('request');
        const revision = fields.integer('revision');
        const index = fields.integer('index');
        const staleMs = fields.optionalInteger('staleMs');
        return { kind: 'result', request, revision, index, staleMs, result: fields.plain('result') };
      });
    case SERVER_KINDS.error:
      return readRow('error', row, 1, (fields) => ({
        kind: 'error',
        request: fields.integer('request'),
        code: fields.code('code'),
        outcome: fields.outcome('outcome'),
        message: fields.text('message', MESSAGE_LENGTH_MAX),
        leader: fields.optionalInteger('leader', 1),
      }));
    case SERVER_KINDS.status:
      return readRow('status', row, 1, (fields) => {
        const request = fields.integer('request');
        const status = fields.row('status', readStatus);
        return { kind: 'status', request, status };
      });
    case SERVER_KINDS.pong:
      return readRow('pong', row, 1, () => ({ kind: 'pong' }));
    case SERVER_KINDS.goodbye:
      return readRow('goodbye', row, 1, (fields) => ({
        kind: 'goodbye',
        code: fields.code('code'),
        message: fields.text('message', MESSAGE_LENGTH_MAX),
      }));
    default:
      return fromOtherRow(row);
  }
}

function fromOtherRow(row: Row): ServerFrame {
  switch (row[0]) {
    case SERVER_KINDS['watch-started']:
      return readRow('watch-started', row, 1, (fields) => ({
        kind: 'watch-started',
        request: fields.integer('request'),
        fromRevision: fields.integer('fromRevision'),
      }));
    case SERVER_KINDS['watch-events']:
      return readRow('watch-events', row, 1, (fields) => ({
        kind: 'watch-events',
        requests: fields.integers('requests', WATCHES_PER_FRAME_MAX),
        after: fields.integer('after'),
        revision: fields.integer('revision'),
        events: fields.rows('events', EVENTS_PER_FRAME_MAX, readEvent),
      }));
    case SERVER_KINDS['watch-ended']:
      return readRow('watch-ended', row, 1, (fields) => ({
        kind: 'watch-ended',
        request: fields.integer('request'),
        code: fields.code('code'),
        message: fields.text('message', MESSAGE_LENGTH_MAX),
      }));
    case SERVER_KINDS.members:
      return readRow('members', row, 1, readMembers);
    case SERVER_KINDS.placed:
      return readRow('placed', row, 1, readPlaced);
    case SERVER_KINDS.cluster:
      return readRow('cluster', row, 1, readCluster);
    default:
      throw violation('a node sends no frame of this kind');
  }
}

function eventRow(event: StoreEvent): Row {
  return [event.revision, event.machine, event.kind, event.key, event.value];
}

function readEvent(fields: FieldReader): StoreEvent {
  return {
    revision: fields.integer('revision'),
    machine: fields.text('machine', MACHINE_NAME_LENGTH_MAX),
    kind: fields.text('kind', EVENT_KIND_LENGTH_MAX),
    key: fields.binaryText('key', KEY_BYTES_MAX),
    value: fields.plain('value'),
  };
}

function statusRow(status: NodeStatus): Row {
  return [
    status.nodeId,
    status.clusterId,
    status.version,
    status.protocol,
    status.clusterVersion,
    status.pid,
    status.role,
    status.term,
    status.leader ?? null,
    status.commitIndex,
    status.appliedIndex,
    status.firstIndex,
    status.lastIndex,
    status.revision,
    status.compactedRevision,
    status.sessions,
    status.watches,
    status.connections,
    status.stateBytes,
    status.uptimeMs,
    status.alarms.map(({ code, message }) => [code, shortened(message)]),
  ];
}

function readStatus(fields: FieldReader): NodeStatus {
  return {
    nodeId: fields.integer('nodeId', 1),
    clusterId: fields.text('clusterId', CLUSTER_ID_LENGTH_MAX),
    version: fields.text('version', MACHINE_NAME_LENGTH_MAX),
    protocol: fields.integer('protocol'),
    clusterVersion: fields.integer('clusterVersion'),
    pid: fields.integer('pid'),
    role: fields.choice('role', ROLES),
    term: fields.integer('term'),
    leader: fields.optionalInteger('leader', 1),
    commitIndex: fields.integer('commitIndex'),
    appliedIndex: fields.integer('appliedIndex'),
    firstIndex: fields.integer('firstIndex'),
    lastIndex: fields.integer('lastIndex'),
    revision: fields.integer('revision'),
    compactedRevision: fields.integer('compactedRevision'),
    sessions: fields.integer('sessions'),
    watches: fields.integer('watches'),
    connections: fields.integer('connections'),
    stateBytes: fields.integer('stateBytes'),
    uptimeMs: fields.integer('uptimeMs'),
    alarms: fields.rows('alarms', ALARMS_MAX, (row) => ({
      code: row.code('code'),
      message: row.text('message', MESSAGE_LENGTH_MAX),
    })),
  };
}

/** A message is for people: it is cut rather than refused. */
function shortened(message: string): string {
  return message.length <= MESSAGE_LENGTH_MAX ? message : `${message.slice(0, MESSAGE_LENGTH_MAX - 1)}…`;
}
