/**
 * The machine `kv`: bytes under keys, ordered, with the revision of every change. Its records stand
 * under the very keys. Watchers see an
 * event `put` (value: KvPutEvent) or `delete` (value: KvDeleteEvent) for each changed key. A command
 * that changes nothing makes no event and no revision.
 */
import { assert, unreachable } from '../../base/assert.ts';
import { DELETE_RANGE_MAX } from '../limits.ts';
import type { Applied, At, Machine, MachineEvent } from '../machine.ts';
import { parseUnion } from '../parse.ts';
import { prefixEnd, type Records } from '../records.ts';
import { VALUE_BYTES_MAX } from './kv-limits.ts';
import { kvCommandReaders, parseKvQuery } from './kv-parse.ts';
import { queryKv } from './kv-query.ts';
import { getKv, putKv, rangeKv } from './kv-records.ts';
import type {
  KvAnswer,
  KvCommand,
  KvCompareAndSet,
  KvDelete,
  KvDeleteEvent,
  KvExpectation,
  KvPut,
  KvQuery,
  KvRecord,
  KvResult,
} from './kv-types.ts';

export interface KvOptions {
  /** The largest value that is let into the log. */
  readonly valueBytesMax?: number;
}

export function createKv({ valueBytesMax = VALUE_BYTES_MAX }: KvOptions = {}): Machine<
  KvCommand,
  KvResult,
  KvQuery,
  KvAnswer
> {
  const readers = kvCommandReaders(valueBytesMax);
  return {
    name: 'kv',
    parseCommand: (value) => parseUnion('kv command', value, readers),
    parseQuery: parseKvQuery,
    apply: applyKv,
    query: queryKv,
    mayGrow: ({ kind }) => kind === 'put' || kind === 'compare-and-set',
  };
}

function applyKv(records: Records, command: KvCommand, at: At): Applied<KvResult> {
  switch (command.kind) {
    case 'put':
    case 'compare-and-set':
      return put(records, command, at);
    case 'delete':
      return deleteKey(records, command, at);
    case 'delete-range':
      return deleteRange(records, command.from, command.to, at);
    case 'delete-prefix':
      return deleteRange(records, command.prefix, prefixEnd(command.prefix), at);
    default:
      return unreachable(command);
  }
}

function put(records: Records, command: KvPut | KvCompareAndSet, at: At): Applied<KvResult> {
  const { key, value } = command;
  const before = getKv(records, key);
  if (!holds(command.expect, before)) return conditionFailed(before);
  assert(before === undefined || before.modRevision < at.revision, 'revisions of a key rise');
  const record: KvRecord = {
    value,
    createRevision: before?.createRevision ?? at.revision,
    modRevision: at.revision,
    version: (before?.version ?? 0) + 1,
  };
  putKv(records, key, record);
  const { createRevision, version } = record;
  const result = { kind: 'put', revision: at.revision, createRevision, version } as const;
  const asksBefore = command.previous === true && before !== undefined;
  return {
    result: asksBefore ? { ...result, previous: before } : result,
    events: [{ kind: 'put', key, value: record }],
  };
}

function deleteKey(records: Records, command: KvDelete, at: At): Applied<KvResult> {
  const { key } = command;
  const before = getKv(records, key);
  if (!holds(command.expect, before)) return conditionFailed(before);
  if (before === undefined) return { result: { kind: 'delete', deleted: 0 }, events: [] };
  records.delete(key);
  return {
    result: { kind: 'delete', deleted: 1, ...previous(command, before) },
    events: [deleteEvent(key, before, at)],
  };
}

function deleteRange(records: Records, from: string, to: string | undefined, at: At): Applied<KvResult> {
  const found = [...rangeKv(records, from, to, { limit: DELETE_RANGE_MAX + 1 })];
  const due = found.slice(0, DELETE_RANGE_MAX);
  const events = due.map(([key, before]) => deleteEvent(key, before, at));
  for (const [key] of due) records.delete(key);
  return {
    result: { kind: 'delete-range', deleted: due.length, more: found.length > due.length },
    events,
  };
}

function deleteEvent(key: string, { createRevision, version }: KvRecord, at: At): MachineEvent {
  const value: KvDeleteEvent = { createRevision, modRevision: at.revision, version };
  return { kind: 'delete', key, value };
}

function conditionFailed(current: KvRecord | undefined): Applied<KvResult> {
  return { result: { kind: 'condition-failed', ...(current === undefined ? {} : { current }) }, events: [] };
}

function previous(
  command: { readonly previous?: boolean },
  before: KvRecord | undefined,
): { readonly previous?: KvRecord } {
  return command.previous === true && before !== undefined ? { previous: before } : {};
}

function holds(expect: KvExpectation | undefined, record: KvRecord | undefined): boolean {
  if (expect === undefined) return true;
  if (expect.modRevision !== undefined && expect.modRevision !== (record?.modRevision ?? 0)) return false;
  if (expect.version !== undefined && expect.version !== (record?.version ?? 0)) return false;
  return expect.value === undefined || (record !== undefined && equalBytes(expect.value, record.value));
}

function equalBytes(left: Uint8Array, right: Uint8Array): boolean {
  if (left.length !== right.length) return false;
  for (let at = 0; at < left.length; at++) {
    if (left[at] !== right[at]) return false;
  }
  return true;
}
