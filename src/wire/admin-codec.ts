/** Administrative frames as rows and back. The order of the fields is the protocol. */
import { unreachable } from '../base/assert.ts';
import type { MemberChange } from '../raft/configuration.ts';
import type {
  AdminFrame,
  ClusterFrame,
  MemberProgress,
  MemberReport,
  MembersFrame,
  PlacedFrame,
} from './admin-frames.ts';
import type { MemberAddress } from './client-frames.ts';
import type { FieldReader } from './field-reader.ts';
import type { Row } from './message-bytes.ts';
import {
  ADDRESS_LENGTH_MAX,
  CLUSTER_ID_LENGTH_MAX,
  INCARNATION_LENGTH_MAX,
  MEMBERS_MAX,
} from './wire-limits.ts';

const CHANGES = ['add-learner', 'add-voter', 'promote', 'demote', 'remove'] as const;
const ROLES = ['voter', 'learner', 'incoming', 'outgoing'] as const;
const STATES = ['probe', 'replicate', 'snapshot'] as const;

/** The fields behind the kind. */
export function adminRow(frame: AdminFrame): Row {
  switch (frame.kind) {
    case 'member-list':
      return [frame.request];
    case 'member-change':
      return [frame.request, frame.changes.map(changeRow)];
    case 'join':
      return [frame.request, frame.address, frame.incarnation, frame.replaces ?? null];
    case 'leader-transfer':
      return [frame.request, frame.to ?? null];
    default:
      return unreachable(frame);
  }
}

export function readAdminFrame(kind: AdminFrame['kind'], fields: FieldReader): AdminFrame {
  const request = fields.integer('request');
  switch (kind) {
    case 'member-list':
      return { kind, request };
    case 'member-change':
      return { kind, request, changes: fields.rows('changes', MEMBERS_MAX, readChange) };
    case 'join':
      return {
        kind,
        request,
        address: fields.text('address', ADDRESS_LENGTH_MAX),
        incarnation: fields.text('incarnation', INCARNATION_LENGTH_MAX),
        replaces: fields.optionalInteger('replaces', 1),
      };
    case 'leader-transfer':
      return { kind, request, to: fields.optionalInteger('to', 1) };
    default:
      return unreachable(kind);
  }
}

/** The fields behind the kind. */
export function adminAnswerRow(frame: MembersFrame | PlacedFrame | ClusterFrame): Row {
  switch (frame.kind) {
    case 'members':
      return [
        frame.request,
        frame.nodeId,
        frame.term,
        frame.leader ?? null,
        frame.settled,
        frame.members.map(reportRow),
      ];
    case 'placed':
      return [frame.request, frame.clusterId, frame.nodeId, frame.members.map(reportRow)];
    case 'cluster':
      return [frame.members.map(({ id, address }) => [id, address]), frame.leader ?? null];
    default:
      return unreachable(frame);
  }
}

export function readMembers(fields: FieldReader): MembersFrame {
  return {
    kind: 'members',
    request: fields.integer('request'),
    nodeId: fields.integer('nodeId', 1),
    term: fields.integer('term'),
    leader: fields.optionalInteger('leader', 1),
    settled: fields.flag('settled'),
    members: fields.rows('members', MEMBERS_MAX, readReport),
  };
}

export function readPlaced(fields: FieldReader): PlacedFrame {
  return {
    kind: 'placed',
    request: fields.integer('request'),
    clusterId: fields.text('clusterId', CLUSTER_ID_LENGTH_MAX),
    nodeId: fields.integer('nodeId', 1),
    members: fields.rows('members', MEMBERS_MAX, readReport),
  };
}

export function readCluster(fields: FieldReader): ClusterFrame {
  return {
    kind: 'cluster',
    members: fields.rows('members', MEMBERS_MAX, readMemberAddress),
    leader: fields.optionalInteger('leader', 1),
  };
}

export function readMemberAddress(fields: FieldReader): MemberAddress {
  return { id: fields.integer('id', 1), address: fields.text('address', ADDRESS_LENGTH_MAX) };
}

function changeRow(change: MemberChange): Row {
  if (!('member' in change)) return [change.kind, change.id];
  const { id, address, incarnation } = change.member;
  return [change.kind, id, address, incarnation];
}

function readChange(fields: FieldReader): MemberChange {
  const kind = fields.choice('kind', CHANGES);
  const id = fields.integer('id', 1);
  if (kind !== 'add-learner' && kind !== 'add-voter') return { kind, id };
  const address = fields.text('address', ADDRESS_LENGTH_MAX);
  return { kind, member: { id, address, incarnation: fields.text('incarnation', INCARNATION_LENGTH_MAX) } };
}

function reportRow({ id, address, incarnation, role, progress }: MemberReport): Row {
  return [id, address, incarnation, role, progress === undefined ? null : progressRow(progress)];
}

function readReport(fields: FieldReader): MemberReport {
  return {
    ...readMemberAddress(fields),
    incarnation: fields.text('incarnation', INCARNATION_LENGTH_MAX),
    role: fields.choice('role', ROLES),
    progress: fields.optionalRow('progress', readProgress),
  };
}

function progressRow(progress: MemberProgress): Row {
  const { state, matchIndex, recentlyActive, entriesBehind, bytesBehind, snapshotPercent } = progress;
  return [state, matchIndex, recentlyActive, entriesBehind, bytesBehind, snapshotPercent ?? null];
}

function readProgress(fields: FieldReader): MemberProgress {
  return {
    state: fields.choice('state', STATES),
    matchIndex: fields.integer('matchIndex'),
    recentlyActive: fields.flag('recentlyActive'),
    entriesBehind: fields.integer('entriesBehind'),
    bytesBehind: fields.integer('bytesBehind'),
    snapshotPercent: fields.optionalInteger('snapshotPercent', 0, 100),
  };
}
